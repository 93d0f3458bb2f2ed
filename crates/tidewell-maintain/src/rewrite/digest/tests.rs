//! Digests: the same for the same rows in whatever batches, another for any other value.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::StringArray;
use tidewell_types::{FieldType, TableSchema};

use super::*;
use crate::rewrite::sample::{Row, batch, schema};

fn rows() -> Vec<Row> {
    vec![(1, "a", Some(1.5), None), (2, "a", None, Some(7)), (3, "", Some(-0.0), Some(i64::MIN)), (4, "b", None, None)]
}

fn digest(batches: &[RecordBatch]) -> RowDigest {
    RowDigest::of(&schema().arrow(), batches).unwrap()
}

#[test]
fn rows_in_other_batches_have_the_same_digest() {
    let whole = digest(&[batch(&rows())]);
    for cut in 0..=4 {
        let all = rows();
        let (first, second) = all.split_at(cut);
        assert_eq!(digest(&[batch(first), batch(second)]), whole);
        let sliced = batch(&rows());
        assert_eq!(digest(&[sliced.slice(0, cut), sliced.slice(cut, 4 - cut)]), whole);
    }
    let without_w = batch(&rows()).project(&[0, 1, 2]).unwrap();
    let null_w: Vec<Row> = rows().into_iter().map(|row| (row.0, row.1, row.2, None)).collect();
    assert_eq!(digest(&[without_w]), digest(&[batch(&null_w)]), "a column that is not there is NULL");
}

#[test]
fn any_other_value_has_another_digest() {
    let whole = digest(&[batch(&rows())]);
    let changes: [fn(&mut Vec<Row>); 9] = [
        |rows| rows[0].0 = 9,
        |rows| rows[1].1 = "b",
        |rows| rows[2].1 = "a",
        |rows| rows[0].2 = Some(1.25),
        |rows| rows[2].2 = Some(0.0),
        |rows| rows[1].2 = Some(0.0),
        |rows| rows[1].3 = None,
        |rows| rows.swap(0, 1),
        |rows| rows.truncate(3),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut changed = rows();
        change(&mut changed);
        let changed = digest(&[batch(&changed)]);
        assert_ne!(changed, whole, "change {number}");
        assert!(whole.difference(&changed).is_some(), "change {number}");
    }
    assert_eq!(whole.difference(&whole.clone()), None);
}

#[test]
fn texts_are_told_apart_where_they_end() {
    let mut schema = TableSchema::new();
    schema.add_field("note", FieldType::String).unwrap();
    let digest = |notes: [Option<&str>; 2]| {
        let notes: ArrayRef = Arc::new(StringArray::from(notes.to_vec()));
        let time: ArrayRef = Arc::new(arrow_array::TimestampNanosecondArray::from(vec![1, 2]));
        let rows = RecordBatch::try_from_iter([("note", notes), ("time", time)]).unwrap();
        RowDigest::of(&schema.arrow(), &[rows]).unwrap()
    };
    let all = [[Some("ab"), Some("c")], [Some("a"), Some("bc")], [Some(""), Some("abc")], [None, Some("abc")]];
    for (place, notes) in all.iter().enumerate() {
        assert!(all[..place].iter().all(|other| digest(*other) != digest(*notes)));
    }
}
