//! Filters of the JSON API to expressions.

use datafusion::arrow::datatypes::DataType;
use datafusion::functions::expr_fn::regexp_like;
use datafusion::logical_expr::{Expr, cast, ident, lit, lit_timestamp_nano};
use serde_json::Value;
use tidewell_types::{ColumnKind, TIME_COLUMN, TableSchema};

use super::request::{JsonQuery, JsonTagFilter, JsonTimeRange};
use crate::QueryError;
use crate::view::list_names;

/// Filters of one query.
const FILTERS_MAX: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Eq,
    Ne,
    In,
    NotIn,
    Regex,
    NotRegex,
    Exists,
}

fn parse_op(text: Option<&str>) -> Result<Op, QueryError> {
    let Some(text) = text else { return Ok(Op::Eq) };
    let word: String = text.chars().filter(|c| !matches!(c, '_' | ' ')).collect::<String>().to_lowercase();
    Ok(match word.as_str() {
        "eq" | "=" | "==" => Op::Eq,
        "ne" | "!=" | "<>" => Op::Ne,
        "in" => Op::In,
        "notin" => Op::NotIn,
        "regex" | "=~" => Op::Regex,
        "notregex" | "!~" => Op::NotRegex,
        "exists" => Op::Exists,
        _ => {
            return Err(QueryError::Invalid(format!(
                "unknown op {text:?}: there are Eq, Ne, In, NotIn, Regex, NotRegex and Exists"
            )));
        }
    })
}

/// Checks that a tag is there.
pub(super) fn check_tag(schema: &TableSchema, name: &str) -> Result<(), QueryError> {
    let tags = || list_names(schema.tags().iter().map(|tag| &**tag));
    match schema.kind(name) {
        Some(ColumnKind::Tag) => Ok(()),
        Some(kind) => Err(QueryError::Invalid(format!("{name:?} is the {kind}, not a tag: of tags, {}", tags()))),
        None => Err(QueryError::Invalid(format!("unknown tag {name:?}: of tags, {}", tags()))),
    }
}

/// Everything that a row must fulfil.
pub(super) fn filters(schema: &TableSchema, query: &JsonQuery) -> Result<Vec<Expr>, QueryError> {
    if query.tag_filters.len() + query.tags.len() > FILTERS_MAX {
        return Err(QueryError::Invalid(format!("the query has more than {FILTERS_MAX} filters of tags: use In")));
    }
    let mut filters = time_filters(query.time_range);
    for filter in &query.tag_filters {
        filters.push(tag_filter(schema, filter)?);
    }
    for (key, value) in &query.tags {
        let filter = JsonTagFilter { key: key.clone(), value: value.clone(), op: None };
        filters.push(tag_filter(schema, &filter)?);
    }
    Ok(filters)
}

fn time_filters(range: JsonTimeRange) -> Vec<Expr> {
    let mut filters = Vec::new();
    if range.start > i64::MIN {
        filters.push(ident(TIME_COLUMN).gt_eq(lit_timestamp_nano(range.start)));
    }
    if range.end < i64::MAX {
        filters.push(ident(TIME_COLUMN).lt(lit_timestamp_nano(range.end)));
    }
    filters
}

/// Rows without the tag are unlike any value, and so fit `Ne`, `NotIn` and `NotRegex`.
fn tag_filter(schema: &TableSchema, filter: &JsonTagFilter) -> Result<Expr, QueryError> {
    check_tag(schema, &filter.key)?;
    let tag = || ident(filter.key.as_str());
    let unlike = |condition: Expr| tag().is_null().or(condition);
    Ok(match (parse_op(filter.op.as_deref())?, &filter.value) {
        (Op::Exists, Value::Bool(false)) => tag().is_null(),
        (Op::Exists, _) => tag().is_not_null(),
        (Op::Eq, Value::Array(_)) | (Op::In, _) => tag().in_list(literals(filter)?, false),
        (Op::Ne, Value::Array(_)) | (Op::NotIn, _) => unlike(tag().in_list(literals(filter)?, true)),
        (Op::Eq, value) => tag().eq(lit(text(filter, value)?)),
        (Op::Ne, value) => unlike(tag().not_eq(lit(text(filter, value)?))),
        (Op::Regex, value) => is_match(filter, value)?,
        (Op::NotRegex, value) => unlike(Expr::Not(Box::new(is_match(filter, value)?))),
    })
}

fn is_match(filter: &JsonTagFilter, value: &Value) -> Result<Expr, QueryError> {
    let pattern = text(filter, value)?;
    regex::Regex::new(&pattern)
        .map_err(|error| QueryError::Invalid(format!("the filter of {:?} has no valid regex: {error}", filter.key)))?;
    Ok(regexp_like(cast(ident(filter.key.as_str()), DataType::Utf8), lit(pattern), None))
}

fn literals(filter: &JsonTagFilter) -> Result<Vec<Expr>, QueryError> {
    let one = std::slice::from_ref(&filter.value);
    let values = filter.value.as_array().map_or(one, Vec::as_slice);
    values.iter().map(|value| text(filter, value).map(lit)).collect()
}

fn text(filter: &JsonTagFilter, value: &Value) -> Result<String, QueryError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(truth) => Ok(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(QueryError::Invalid(format!(
            "the filter of {:?} compares with {value}: give a text or a number",
            filter.key
        ))),
    }
}
