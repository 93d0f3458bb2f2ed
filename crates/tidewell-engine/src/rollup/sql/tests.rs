//! The questions as text.
#![allow(clippy::unwrap_used)]

use super::*;
use tidewell_types::{FieldType, TableName, TimestampNs};

fn definition(source: &str) -> RollupDefinition {
    RollupDefinition {
        source: TableName::new(source).unwrap(),
        target: TableName::new("t").unwrap(),
        interval_ms: 60_000,
        settle_ms: 0,
        tags: None,
        fields: None,
        aggregates: vec![Aggregate::Mean, Aggregate::Last],
    }
}

#[test]
fn question_asks_for_buckets_groups_and_aggregates_of_a_span() {
    let mut schema = TableSchema::new();
    schema.add_tag("host").unwrap();
    schema.add_field("usage", FieldType::Float).unwrap();
    let span = TimeBounds { min: TimestampNs::from_ns(-60), max: TimestampNs::from_ns(59) };
    assert_eq!(
        buckets(&definition("cpu"), &schema, span).unwrap(),
        "SELECT date_bin(INTERVAL '60000 milliseconds', \"time\", to_timestamp_nanos(0)) AS \"time\", \"host\", \
         avg(\"usage\") AS \"mean_usage\", \
         last_value(\"usage\" ORDER BY \"time\" ASC) FILTER (WHERE \"usage\" IS NOT NULL) AS \"last_usage\" \
         FROM \"cpu\" WHERE \"time\" >= to_timestamp_nanos(-60) AND \"time\" <= to_timestamp_nanos(59) GROUP BY 1, 2"
    );
    assert_eq!(buckets(&definition("cpu"), &TableSchema::new(), span), None);
}

#[test]
fn names_are_quoted_whatever_they_are() {
    assert_eq!(span(&definition("a\"b; DROP")), "SELECT min(\"time\"), max(\"time\") FROM \"a\"\"b; DROP\"");
}
