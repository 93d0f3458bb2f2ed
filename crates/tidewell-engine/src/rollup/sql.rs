//! The questions that a rollup asks of its source.

use tidewell_maintain::rollup::{RollupColumn, columns, tags};
use tidewell_manifest::{Aggregate, RollupDefinition};
use tidewell_types::{TIME_COLUMN, TableSchema, TimeBounds};

/// The rows of a span of whole buckets: time, tags and fields, in the order of the definition's columns. `None` where the source
/// has no field that an aggregate can be made of.
pub(super) fn buckets(definition: &RollupDefinition, source: &TableSchema, span: TimeBounds) -> Option<String> {
    let (tags, columns) = (tags(definition, source), columns(definition, source));
    if columns.is_empty() {
        return None;
    }
    let time = quoted(TIME_COLUMN);
    let bucket = format!(
        "date_bin(INTERVAL '{} milliseconds', {time}, to_timestamp_nanos(0)) AS {time}",
        definition.interval_ms
    );
    let tags: Vec<String> = tags.iter().map(|tag| quoted(tag)).collect();
    let made: Vec<String> = columns.iter().map(made).collect();
    let selected: Vec<&str> =
        std::iter::once(bucket.as_str()).chain(tags.iter().chain(&made).map(String::as_str)).collect();
    let groups: Vec<String> = (1..=tags.len() + 1).map(|position| position.to_string()).collect();
    Some(format!(
        "SELECT {} FROM {} WHERE {time} >= to_timestamp_nanos({}) AND {time} <= to_timestamp_nanos({}) GROUP BY {}",
        selected.join(", "),
        quoted(definition.source.as_str()),
        span.min.as_ns(),
        span.max.as_ns(),
        groups.join(", ")
    ))
}

/// The span of all rows of the source.
pub(super) fn span(definition: &RollupDefinition) -> String {
    let (time, table) = (quoted(TIME_COLUMN), quoted(definition.source.as_str()));
    format!("SELECT min({time}), max({time}) FROM {table}")
}

fn made(column: &RollupColumn) -> String {
    let field = quoted(&column.field);
    let by_time = |function: &str, order: &str| {
        format!("{function}({field} ORDER BY {} {order}) FILTER (WHERE {field} IS NOT NULL)", quoted(TIME_COLUMN))
    };
    let made = match column.aggregate {
        Aggregate::Mean => format!("avg({field})"),
        Aggregate::Min => format!("min({field})"),
        Aggregate::Max => format!("max({field})"),
        Aggregate::Sum => format!("sum({field})"),
        Aggregate::Count => format!("count({field})"),
        Aggregate::First => by_time("first_value", "ASC"),
        Aggregate::Last => by_time("last_value", "ASC"),
    };
    format!("{made} AS {}", quoted(&column.name))
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests;
