//! Dictionaries with every kind of value.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, BinaryArray, DictionaryArray, Int32Array};

use super::KnownDictionary;
use crate::dictionary::{dictionary_address, tag_array, tag_at};
use crate::foreign::text::Texts;

fn column(keys: Vec<Option<i32>>, values: &Arc<BinaryArray>) -> DictionaryArray<Int32Type> {
    DictionaryArray::new(Int32Array::from(keys), Arc::clone(values) as ArrayRef)
}

fn texts_of(tags: &ArrayRef) -> Vec<Option<String>> {
    let tags = tag_array(tags).unwrap();
    (0..tags.keys().len()).map(|row| tag_at(tags, row).unwrap().map(str::to_owned)).collect()
}

#[test]
fn dictionary_batches_of_one_share_its_values() {
    let values = Arc::new(BinaryArray::from(vec![&b"a"[..], b"b"]));
    let mut known = KnownDictionary::default();
    let first = known.tags(&column(vec![Some(1), None], &values), &values).unwrap();
    let second = known.tags(&column(vec![Some(0)], &values), &values).unwrap();
    assert_eq!((texts_of(&first), texts_of(&second)), (vec![Some("b".into()), None], vec![Some("a".into())]));
    let address = |tags: &ArrayRef| dictionary_address(tag_array(tags).unwrap());
    assert_eq!(address(&first), address(&second));
    let other = Arc::new(BinaryArray::from(vec![&b"c"[..], b"d"]));
    assert_eq!(texts_of(&known.tags(&column(vec![Some(1)], &other), &other).unwrap()), [Some("d".into())]);
}

#[test]
fn dictionary_empty_and_repeated_values_leave_each_text_once() {
    let values = Arc::new(BinaryArray::from(vec![Some(&b"x"[..]), Some(b""), None, Some(b"x"), Some(b"y")]));
    let keys = column(vec![Some(0), Some(1), Some(2), Some(3), Some(4), None], &values);
    let tags = KnownDictionary::default().tags(&keys, &values).unwrap();
    let x = Some("x".to_owned());
    assert_eq!(texts_of(&tags), [x.clone(), None, None, x, Some("y".to_owned()), None]);
    assert_eq!(tag_array(&tags).unwrap().values().len(), 2);
    let strings = Texts::of(&keys).unwrap().strings(&mut KnownDictionary::default()).unwrap();
    let strings: Vec<Option<&str>> = strings.as_string::<i32>().iter().collect();
    assert_eq!(strings, [Some("x"), Some(""), None, Some("x"), Some("y"), None]);
}

#[test]
fn dictionary_value_that_is_no_text_is_an_error_where_a_row_has_it() {
    let values = Arc::new(BinaryArray::from(vec![&b"a"[..], b"b\xff"]));
    let mut known = KnownDictionary::default();
    let good = column(vec![Some(0), None], &values);
    assert_eq!(texts_of(&known.tags(&good, &values).unwrap()), [Some("a".into()), None]);
    assert!(Texts::of(&good).unwrap().strings(&mut known).is_ok());
    let bad = column(vec![Some(0), Some(1)], &values);
    let errors = [known.tags(&bad, &values).unwrap_err(), Texts::of(&bad).unwrap().strings(&mut known).unwrap_err()];
    for error in errors {
        assert_eq!((error.row, error.problem.as_str()), (1, "it is no text: byte 1 is not UTF-8"));
    }
}
