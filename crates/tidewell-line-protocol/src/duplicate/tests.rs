//! Tests of duplicate keys, few and many.

use std::borrow::Cow;

use super::{find_duplicate, keep_last_values};
use crate::{FieldValue, Fields};

fn pairs(keys: &[String]) -> Vec<(Cow<'_, str>, ())> {
    keys.iter().map(|key| (Cow::Borrowed(key.as_str()), ())).collect()
}

#[test]
fn duplicate_at_every_pair_of_places_is_found() {
    for count in [2, 5, 10, 32, 33, 60] {
        let distinct: Vec<String> = (0..count).map(|index| format!("usage_{index}")).collect();
        assert_eq!(find_duplicate(&pairs(&distinct), &mut Vec::new()), None);
        for later in 1..count {
            for earlier in 0..later {
                let mut keys = distinct.clone();
                keys[later] = keys[earlier].clone();
                assert_eq!(find_duplicate(&pairs(&keys), &mut Vec::new()), Some(later));
            }
        }
    }
}

#[test]
fn duplicate_among_very_many_is_found_quickly() {
    let mut keys: Vec<String> = (0..200_000).map(|index| format!("key{index}")).collect();
    assert_eq!(find_duplicate(&pairs(&keys), &mut Vec::new()), None);
    keys.push("key100".to_owned());
    assert_eq!(find_duplicate(&pairs(&keys), &mut Vec::new()), Some(200_000));
}

fn fields<'a>(values: &[(&'a str, i64)]) -> Fields<'a> {
    values.iter().map(|(key, value)| (Cow::Borrowed(*key), FieldValue::Integer(*value))).collect()
}

#[test]
fn last_value_takes_the_place_of_the_first() {
    let mut some = fields(&[("b", 1), ("a", 2), ("b", 3), ("c", 4), ("a", 5), ("b", 6)]);
    keep_last_values(&mut some, &mut Vec::new());
    assert_eq!(some, fields(&[("b", 6), ("a", 5), ("c", 4)]));
}

#[test]
fn last_value_of_distinct_fields_changes_nothing() {
    let mut some = fields(&[("b", 1), ("a", 2)]);
    keep_last_values(&mut some, &mut Vec::new());
    assert_eq!(some, fields(&[("b", 1), ("a", 2)]));
}
