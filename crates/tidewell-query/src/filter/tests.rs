//! Filters to boxes of identities.
#![allow(clippy::unwrap_used)]

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{Expr, cast, ident, lit, lit_timestamp_nano};
use datafusion::prelude::random;
use tidewell_types::{FieldType, TableSchema, tag_data_type};

use super::{is_on_key, key_span};
use crate::key_span::{KeySpan, TagSpan};

fn schema() -> TableSchema {
    let mut schema = TableSchema::new();
    schema.add_tag("host").unwrap();
    schema.add_field("v", FieldType::Float).unwrap();
    schema
}

fn span(filter: Expr) -> KeySpan {
    key_span(&schema(), &[filter])
}

fn host(value: &str) -> KeySpan {
    KeySpan::tag("host", TagSpan::among([value.to_owned()].into()))
}

#[test]
fn comparisons_with_time_give_its_span() {
    let time = || ident("time");
    for (filter, expected) in [
        (time().eq(lit_timestamp_nano(5)), KeySpan::time(5, 5)),
        (time().lt(lit_timestamp_nano(5)), KeySpan::time(i64::MIN, 4)),
        (time().lt_eq(lit_timestamp_nano(5)), KeySpan::time(i64::MIN, 5)),
        (time().gt(lit_timestamp_nano(5)), KeySpan::time(6, i64::MAX)),
        (lit_timestamp_nano(5).gt_eq(time()), KeySpan::time(i64::MIN, 5)),
        (time().between(lit_timestamp_nano(5), lit_timestamp_nano(9)), KeySpan::time(5, 9)),
        (time().gt(lit_timestamp_nano(i64::MAX)), KeySpan::none()),
        (time().lt(lit_timestamp_nano(i64::MIN)), KeySpan::none()),
        (time().not_eq(lit_timestamp_nano(5)), KeySpan::all()),
        (time().gt(lit(ScalarValue::TimestampNanosecond(None, None))), KeySpan::all()),
        (time().gt(lit(ScalarValue::TimestampSecond(Some(5), None))), KeySpan::all()),
    ] {
        assert_eq!(span(filter.clone()), expected, "{filter}");
    }
}

#[test]
fn comparisons_with_tags_give_their_values() {
    let dictionary = ScalarValue::Dictionary(Box::new(DataType::Int32), Box::new(ScalarValue::from("a")));
    for (filter, expected) in [
        (ident("host").eq(lit("a")), host("a")),
        (lit("a").eq(ident("host")), host("a")),
        (ident("host").eq(lit(dictionary)), host("a")),
        (cast(ident("host"), DataType::Utf8View).eq(lit("a")), host("a")),
        (cast(ident("host"), tag_data_type()).eq(lit("a")), host("a")),
        (cast(ident("host"), DataType::Int64).eq(lit(1_i64)), KeySpan::all()),
        (ident("host").in_list(vec![lit("a"), lit("b")], false), host("a").or(host("b"))),
        (ident("host").in_list(vec![lit("a")], true), KeySpan::all()),
        (ident("host").is_null(), KeySpan::tag("host", TagSpan::absent())),
        (ident("host").not_eq(lit("a")), KeySpan::tag("host", TagSpan::present())),
        (ident("host").like(lit("a%")), KeySpan::all()),
        (ident("v").eq(lit("a")), KeySpan::all()),
        (lit(false), KeySpan::none()),
    ] {
        assert_eq!(span(filter.clone()), expected, "{filter}");
    }
}

#[test]
fn connected_filters_connect_their_spans() {
    let early = ident("time").lt(lit_timestamp_nano(5));
    let both = ident("host").eq(lit("a")).and(early.clone());
    assert_eq!(span(both), host("a").and(KeySpan::time(i64::MIN, 4)));
    assert_eq!(span(ident("host").eq(lit("a")).or(early.clone())), KeySpan::all());
    assert_eq!(span(ident("host").eq(lit("a")).or(ident("v").eq(lit(1.0)))), KeySpan::all());
    assert_eq!(span(Expr::Not(Box::new(early))), KeySpan::all());
}

#[test]
fn filters_that_look_at_fields_or_chance_are_not_on_the_key() {
    let schema = schema();
    assert!(is_on_key(&schema, &ident("host").eq(lit("a")).and(ident("time").gt(lit_timestamp_nano(1)))));
    assert!(!is_on_key(&schema, &ident("host").eq(lit("a")).or(ident("v").gt(lit(1.0)))));
    assert!(!is_on_key(&schema, &ident("v").is_null()));
    assert!(!is_on_key(&schema, &random().gt(lit(0.5))));
}
