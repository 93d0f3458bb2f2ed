//! Aggregations of the JSON API to expressions.

use datafusion::arrow::datatypes::{DataType, IntervalMonthDayNano};
use datafusion::common::ScalarValue;
use datafusion::functions::expr_fn::date_bin;
use datafusion::functions_aggregate::expr_fn::{avg, count, max, median, min, stddev, sum, var_sample};
use datafusion::functions_aggregate::first_last::{first_value, last_value};
use datafusion::logical_expr::{Expr, cast, ident, lit, lit_timestamp_nano, when};
use tidewell_types::{ColumnKind, FieldType, TIME_COLUMN, TableSchema};

use super::duration::parse_duration;
use super::filter::check_tag;
use super::function::Function;
use super::percentile::percentile;
use super::request::{JsonAggregation, JsonQuery};
use crate::QueryError;
use crate::view::list_names;

/// The bucket's column before it is named after the time column.
pub(super) const BUCKET: &str = "__bucket";
const VALUE: &str = "__value";
const VALUES: &str = "__values";

/// What to group, compute and return.
#[derive(Debug)]
pub(super) struct Aggregate {
    /// The field, of which only rows with a value count.
    pub(super) field: String,
    /// The start of a row's bucket of time.
    pub(super) bucket: Option<Expr>,
    /// What is computed in a group.
    pub(super) computed: Vec<Expr>,
    /// The result, from what was computed.
    pub(super) result: Expr,
}

/// Reads what to compute.
pub(super) fn aggregate(
    schema: &TableSchema,
    query: &JsonQuery,
    aggregation: &JsonAggregation,
) -> Result<Aggregate, QueryError> {
    let function = Function::parse(&aggregation.function, aggregation.percentile)?;
    let name = match (&aggregation.field, &query.fields[..]) {
        (Some(field), _) | (None, [field]) => field,
        _ => return Err(QueryError::Invalid("the aggregation needs a \"field\"".to_owned())),
    };
    let field_type = check_field(schema, name)?;
    if function.is_arithmetic() && matches!(field_type, FieldType::String | FieldType::Boolean) {
        let function = function.name();
        return Err(QueryError::Invalid(format!(
            "{function} needs numbers and field {name:?} is {field_type}: use count, first, last, min or max"
        )));
    }
    for tag in &query.group_by {
        check_tag(schema, tag)?;
    }
    let interval_ns = interval(query, aggregation)?;
    let (computed, result) = compute(function, name, schema);
    let alias = aggregation.alias.clone().unwrap_or_else(|| format!("{}_{name}", function.name()));
    Ok(Aggregate { field: name.clone(), bucket: interval_ns.map(bucket), computed, result: result.alias(alias) })
}

/// Checks that a field is there.
pub(super) fn check_field(schema: &TableSchema, name: &str) -> Result<FieldType, QueryError> {
    let fields = || list_names(schema.fields().keys().map(|field| &**field));
    match schema.kind(name) {
        Some(ColumnKind::Field(field_type)) => Ok(field_type),
        Some(kind) => Err(QueryError::Invalid(format!("{name:?} is the {kind}, not a field: of fields, {}", fields()))),
        None => Err(QueryError::Invalid(format!("unknown field {name:?}: of fields, {}", fields()))),
    }
}

fn interval(query: &JsonQuery, aggregation: &JsonAggregation) -> Result<Option<i64>, QueryError> {
    match (aggregation.interval_nanos, &query.group_by_time) {
        (Some(_), Some(_)) => {
            Err(QueryError::Invalid("give one of \"interval_nanos\" and \"group_by_time\", not both".to_owned()))
        }
        (Some(ns), None) if ns <= 0 => {
            Err(QueryError::Invalid(format!("\"interval_nanos\" is {ns}: give a number above 0")))
        }
        (Some(ns), None) => Ok(Some(ns)),
        (None, Some(text)) => parse_duration(text).map(Some),
        (None, None) => Ok(None),
    }
}

fn bucket(interval_ns: i64) -> Expr {
    let interval = ScalarValue::IntervalMonthDayNano(Some(IntervalMonthDayNano::new(0, 0, interval_ns)));
    date_bin(lit(interval), ident(TIME_COLUMN), lit_timestamp_nano(0)).alias(BUCKET)
}

/// What to compute in a group, and the result from it. Every group has at least one value.
fn compute(function: Function, field: &str, schema: &TableSchema) -> (Vec<Expr>, Expr) {
    let value = || ident(field);
    let float = || cast(value(), DataType::Float64);
    // The tags decide among series with a row at the same time, so that the answer is the same every time.
    let key = || [TIME_COLUMN].into_iter().chain(schema.tags().iter().map(|tag| &**tag));
    let by_time = || key().map(|column| ident(column).sort(true, true)).collect();
    let one = match function {
        Function::Mean => avg(float()),
        Function::Sum => sum(value()),
        Function::Min => min(value()),
        Function::Max => max(value()),
        Function::Count => count(value()),
        Function::First => first_value(value(), by_time()),
        Function::Last => last_value(value(), by_time()),
        Function::Median => median(float()),
        Function::Percentile(percent) => percentile(float(), percent / 100.0),
        Function::StdDev => return spread(stddev(float()), count(value())),
        Function::Variance => return spread(var_sample(float()), count(value())),
    };
    (vec![one.alias(VALUE)], ident(VALUE))
}

/// The spread of a sample; of one value 0.
fn spread(spread: Expr, count: Expr) -> (Vec<Expr>, Expr) {
    let result = when(ident(VALUES).eq(lit(1_i64)), lit(0.0)).otherwise(ident(VALUE));
    (vec![spread.alias(VALUE), count.alias(VALUES)], result.unwrap_or_else(|_| ident(VALUE)))
}
