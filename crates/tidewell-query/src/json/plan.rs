//! A query of the JSON API to a plan; no SQL text on the way.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::common::TableReference;
use datafusion::datasource::provider_as_source;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, SortExpr, ident};
use tidewell_types::{TIME_COLUMN, TableSchema};

use super::aggregate::{Aggregate, BUCKET, aggregate, check_field};
use super::filter::filters;
use super::request::{JsonOrder, JsonQuery};
use crate::QueryError;
use crate::access::Access;
use crate::table::ViewTable;
use crate::view::View;

/// Plans a query over a snapshot.
pub(crate) fn plan_json(view: &View, access: &Arc<Access>, query: &JsonQuery) -> Result<LogicalPlan> {
    let table = view.tables.get(query.measurement.as_str()).ok_or_else(|| QueryError::NotFound {
        table: query.measurement.clone(),
        database: view.database.as_str().to_owned(),
        existing: view.table_list(),
    })?;
    let source = provider_as_source(Arc::new(ViewTable::new(&query.measurement, table, access)));
    let name = TableReference::bare(query.measurement.as_str());
    let mut rows = LogicalPlanBuilder::scan(name, source, None)?;
    for filter in filters(&table.schema, query)? {
        rows = rows.filter(filter)?;
    }
    let rows = match &query.aggregation {
        Some(aggregation) => aggregated(rows, query, aggregate(&table.schema, query, aggregation)?)?,
        None => plain(rows, &table.schema, query)?,
    };
    if query.limit.is_none() && query.offset == 0 {
        return rows.build();
    }
    rows.limit(query.offset, query.limit)?.build()
}

fn by_time(query: &JsonQuery) -> SortExpr {
    ident(TIME_COLUMN).sort(query.order == JsonOrder::Ascending, false)
}

fn by_tags<'a>(tags: impl Iterator<Item = &'a str>) -> impl Iterator<Item = SortExpr> {
    tags.map(|tag| ident(tag).sort(true, true))
}

/// Buckets and groups that have a value of the field, by time and then by the groups' tags.
fn aggregated(rows: LogicalPlanBuilder, query: &JsonQuery, aggregate: Aggregate) -> Result<LogicalPlanBuilder> {
    let Aggregate { field, bucket, computed, result } = aggregate;
    let has_bucket = bucket.is_some();
    let tags = unique(query.group_by.iter().map(String::as_str));
    let groups: Vec<Expr> = bucket.into_iter().chain(tags.iter().map(|tag| ident(*tag))).collect();
    let mut output: Vec<Expr> = has_bucket.then(|| ident(BUCKET).alias(TIME_COLUMN)).into_iter().collect();
    output.extend(tags.iter().map(|tag| ident(*tag)));
    output.push(result);
    let mut order: Vec<SortExpr> = has_bucket.then(|| by_time(query)).into_iter().collect();
    order.extend(by_tags(tags.iter().copied()));
    let rows = rows.filter(ident(field.as_str()).is_not_null())?.aggregate(groups, computed)?.project(output)?;
    if order.is_empty() { Ok(rows) } else { rows.sort(order) }
}

/// The rows themselves: time, tags by name, fields; by time and then by tags.
fn plain(rows: LogicalPlanBuilder, schema: &TableSchema, query: &JsonQuery) -> Result<LogicalPlanBuilder> {
    if !query.group_by.is_empty() || query.group_by_time.is_some() {
        return Err(QueryError::Invalid("grouping needs an \"aggregation\"".to_owned()).into());
    }
    for field in &query.fields {
        check_field(schema, field)?;
    }
    let wanted = unique(query.fields.iter().map(String::as_str));
    let has_any = any(wanted.iter().map(|field| ident(*field).is_not_null()).collect());
    let rows = match has_any {
        Some(has_any) => rows.filter(has_any)?,
        None => rows,
    };
    let fields = if wanted.is_empty() { schema.fields().keys().map(|field| &**field).collect() } else { wanted };
    let tags: BTreeSet<&str> = schema.tags().iter().map(|tag| &**tag).collect();
    let columns = [TIME_COLUMN].into_iter().chain(tags.iter().copied()).chain(fields);
    let order: Vec<SortExpr> = [by_time(query)].into_iter().chain(by_tags(tags.iter().copied())).collect();
    rows.project(columns.map(ident).collect::<Vec<Expr>>())?.sort(order)
}

/// One of the conditions, as a tree of little depth; `None` without any.
fn any(mut conditions: Vec<Expr>) -> Option<Expr> {
    if conditions.len() > 1 {
        let second = conditions.split_off(conditions.len() / 2);
        return any(conditions).zip(any(second)).map(|(first, second)| first.or(second));
    }
    conditions.pop()
}

/// Each once, where it comes first.
fn unique<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    names.filter(|name| seen.insert(*name)).collect()
}
