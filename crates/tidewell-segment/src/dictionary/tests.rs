//! Tests of copying tag columns.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, Int32Array, StringArray};

use super::{TagArray, gather_tags, tag_array, tag_at};
use crate::assemble::Stretch;

fn tags(values: &[&str], keys: &[Option<i32>]) -> ArrayRef {
    let values = StringArray::from_iter_values(values);
    Arc::new(TagArray::try_new(Int32Array::from(keys.to_vec()), Arc::new(values)).unwrap())
}

fn texts(column: &ArrayRef) -> Vec<Option<&str>> {
    let column = tag_array(column).unwrap();
    (0..column.len()).map(|row| tag_at(column, row).unwrap()).collect()
}

#[test]
fn gather_tags_of_differing_dictionaries_keeps_values_apart() {
    let a = tags(&["x", "y"], &[Some(0), None, Some(1)]);
    let b = tags(&["y", "z", "x"], &[Some(0), Some(1), Some(2)]);
    let stretches = [
        Stretch { slot: 1, start: 0, len: 2 },
        Stretch { slot: 0, start: 0, len: 3 },
        Stretch { slot: 1, start: 2, len: 1 },
    ];
    let out = gather_tags(&[&a, &b], &stretches, 6).unwrap();
    assert_eq!(texts(&out), [Some("y"), Some("z"), Some("x"), None, Some("y"), Some("x")]);
    assert_eq!(tag_array(&out).unwrap().values().len(), 3);
}

#[test]
fn gather_tags_leaves_unused_values_behind() {
    let values: Vec<String> = (0..5000).map(|value| value.to_string()).collect();
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    let column = tags(&values, &[Some(4000), Some(7), Some(4000)]);
    let out = gather_tags(&[&column], &[Stretch { slot: 0, start: 1, len: 2 }], 2).unwrap();
    assert_eq!(texts(&out), [Some("7"), Some("4000")]);
    assert_eq!(tag_array(&out).unwrap().values().len(), 2);
}

#[test]
fn gather_tags_of_one_stretch_shares_a_small_dictionary() {
    let column = tags(&["x", "y"], &[Some(0), None, Some(1)]);
    let out = gather_tags(&[&column], &[Stretch { slot: 0, start: 1, len: 2 }], 2).unwrap();
    assert_eq!(texts(&out), [None, Some("y")]);
    assert!(Arc::ptr_eq(tag_array(&out).unwrap().values(), tag_array(&column).unwrap().values()));
}
