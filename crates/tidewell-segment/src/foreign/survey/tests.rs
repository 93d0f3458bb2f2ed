//! Rows as they are, whatever a footer says.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{DictionaryArray, TimestampNanosecondArray};
use arrow_schema::{Field, Schema};
use tidewell_types::{TimestampNs, tag_data_type, time_data_type};

use super::*;

fn rows(rows: &[(Option<&str>, i64)]) -> RecordBatch {
    let tags: DictionaryArray<Int32Type> = rows.iter().map(|(tag, _)| *tag).collect();
    let times = TimestampNanosecondArray::from_iter_values(rows.iter().map(|(_, time)| *time));
    let fields = vec![Field::new("host", tag_data_type(), true), Field::new("time", time_data_type(), false)];
    RecordBatch::try_new(Arc::new(Schema::new(fields)), vec![Arc::new(tags), Arc::new(times)]).unwrap()
}

fn survey(batches: &[&[(Option<&str>, i64)]]) -> Surveyed {
    let mut schema = TableSchema::new();
    schema.add_tag("rack").unwrap();
    schema.add_tag("host").unwrap();
    let mut survey = Survey::new(&schema).unwrap();
    for batch in batches {
        survey.see(&rows(batch)).unwrap();
    }
    survey.finish()
}

#[test]
fn rows_are_found_as_they_are() {
    let found = survey(&[&[(None, 5), (Some("a"), 2)], &[], &[(Some("c"), -3), (Some("c"), 9)]]);
    assert_eq!((found.row_count, found.is_sorted), (4, true));
    assert_eq!(found.time.map(|time| (time.min, time.max)), Some((TimestampNs::from_ns(-3), TimestampNs::from_ns(9))));
    let tag = |tag: &str, min: Option<&str>, max: Option<&str>, null_count| TagStats {
        tag: tag.into(),
        min: min.map(str::to_owned),
        max: max.map(str::to_owned),
        null_count,
    };
    // A tag of the table that the file lacks is NULL in every row.
    assert_eq!(found.tags, [tag("rack", None, None, 4), tag("host", Some("a"), Some("c"), 1)]);
    assert_eq!(survey(&[]), Surveyed { row_count: 0, time: None, ..survey(&[&[]]) });
}

#[test]
fn rows_out_of_order_or_twice_are_not_sorted() {
    assert!(survey(&[&[(None, 9), (Some("a"), 1), (Some("a"), 2)], &[(Some("b"), 0)]]).is_sorted);
    for batches in [
        [&[(Some("a"), 2), (Some("a"), 1)][..], &[]],
        [&[(Some("a"), 1), (Some("a"), 1)], &[]],
        [&[(Some("a"), 1)], &[(Some("a"), 1)]],
        [&[(Some("b"), 1)], &[(Some("a"), 2)]],
        [&[(Some("a"), 1)], &[(None, 2)]],
    ] {
        assert!(!survey(&batches).is_sorted, "{batches:?}");
    }
}

#[test]
fn tag_without_a_short_bound_has_none() {
    let long = "\u{10ffff}".repeat(100);
    let found = survey(&[&[(Some("a"), 1)], &[(Some(&long), 2)], &[(Some("z"), 3)]]);
    assert_eq!((found.tags[1].min.as_deref(), found.tags[1].max.as_deref()), (Some("a"), None));
}
