//! The types that DataFusion makes and line protocol does not.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::types::{Int8Type, Int32Type};
use arrow_array::{
    ArrayRef, BinaryArray, Date32Array, Decimal128Array, DictionaryArray, Int8Array, Int32Array, NullArray,
    StructArray, TimestampSecondArray, UInt32Array,
};
use arrow_schema::Field;

use super::*;

fn json(array: &dyn Array) -> String {
    let column = Column::new(array).unwrap();
    let mut out = Vec::new();
    for row in 0..array.len() {
        separate(row > 0, &mut out);
        column.push_json(row, TimeStyle::Rfc3339, &mut out);
    }
    String::from_utf8(out).unwrap()
}

fn text(array: &dyn Array) -> Vec<String> {
    let column = Column::new(array).unwrap();
    let cell = |row| {
        let mut out = Vec::new();
        column.push_text(row, &mut out);
        String::from_utf8(out).unwrap()
    };
    (0..array.len()).map(cell).collect()
}

#[test]
fn narrow_numbers_are_numbers() {
    assert_eq!(json(&Int8Array::from(vec![Some(-128), None])), "-128,null");
    assert_eq!(json(&UInt32Array::from(vec![u32::MAX])), "4294967295");
    assert_eq!(json(&Float32Array::from(vec![0.1, f32::INFINITY])), "0.1,null");
}

#[test]
fn strings_of_every_layout_are_strings() {
    assert_eq!(json(&StringViewArray::from(vec![Some("a\"b"), None])), r#""a\"b",null"#);
    assert_eq!(json(&LargeStringArray::from(vec!["é"])), "\"é\"");
}

#[test]
fn decimals_are_exact_numbers_and_text() {
    let decimals =
        Decimal128Array::from(vec![Some(12_345_678_901_234_567_890), None]).with_precision_and_scale(38, 2).unwrap();
    assert_eq!(json(&decimals), "123456789012345678.90,null");
    assert_eq!(text(&decimals), ["123456789012345678.90", ""]);
}

#[test]
fn days_and_coarse_instants_are_rfc_3339() {
    assert_eq!(json(&Date32Array::from(vec![19_675])), "\"2023-11-14\"");
    assert_eq!(text(&TimestampSecondArray::from(vec![1])), ["1970-01-01T00:00:01.000000000Z"]);
}

#[test]
fn instant_as_nanoseconds_beyond_the_range_of_i64_is_exact() {
    let column = Column::new(&TimestampSecondArray::from(vec![i64::MAX])).unwrap();
    let mut out = Vec::new();
    column.push_json(0, TimeStyle::Nanoseconds, &mut out);
    assert_eq!(out, b"9223372036854775807000000000");
}

#[test]
fn list_is_a_json_array_in_json_and_in_text() {
    let mut list = ListBuilder::new(StringBuilder::new());
    list.append_value([Some("a,b"), None]);
    list.append_null();
    list.append_value::<_, &str>([]);
    let list = list.finish();
    assert_eq!(json(&list), r#"["a,b",null],null,[]"#);
    assert_eq!(text(&list), [r#"["a,b",null]"#, "", "[]"]);
    assert_eq!(json(&list.slice(1, 2)), "null,[]");
}

#[test]
fn struct_is_a_json_object() {
    let field = Arc::new(Field::new("n", DataType::Int32, true));
    let array = StructArray::from(vec![(field, Arc::new(Int32Array::from(vec![Some(1), None])) as ArrayRef)]);
    assert_eq!(json(&array), r#"{"n":1},{"n":null}"#);
}

#[test]
fn dictionary_with_null_keys_null_values_or_none_at_all_is_read() {
    let nulls_inside = DictionaryArray::<Int8Type>::new(
        Int8Array::from(vec![Some(1), None, Some(0)]),
        Arc::new(StringArray::from(vec![None, Some("x")])),
    );
    assert_eq!(json(&nulls_inside), r#""x",null,null"#);
    let empty = DictionaryArray::<Int32Type>::new(
        Int32Array::from(vec![None, None]),
        Arc::new(StringArray::from(Vec::<&str>::new())),
    );
    assert_eq!(json(&empty), "null,null");
}

#[test]
fn binary_and_nothing_are_read() {
    assert_eq!(json(&BinaryArray::from(vec![Some(&b"\x00\xff"[..]), None])), "\"00ff\",null");
    assert_eq!(json(&NullArray::new(2)), "null,null");
}
