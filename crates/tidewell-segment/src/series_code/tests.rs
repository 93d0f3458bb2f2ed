//! Tests of series codes.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, RecordBatch};
use proptest::prelude::*;
use tidewell_types::TableSchema;

use super::series_codes;

fn tagged(rows: &[Vec<Option<u8>>], tag_count: usize) -> RecordBatch {
    RecordBatch::try_from_iter((0..tag_count).map(|tag| {
        let values: Vec<Option<String>> =
            rows.iter().map(|row| row[tag].map(|value| (value as char).to_string())).collect();
        let column: DictionaryArray<Int32Type> = values.iter().map(Option::as_deref).collect();
        (format!("t{tag}"), Arc::new(column) as ArrayRef)
    }))
    .unwrap()
}

proptest! {
    // 20 tags of up to 27 values overflow 64 bits, so the codes are made dense on the way.
    #[test]
    fn series_codes_order_rows_like_their_tags(
        rows in prop::collection::vec(prop::collection::vec(prop::option::of(b'a'..=b'z'), 20), 1..60),
        tag_count in 1_usize..=20,
        split in 0_usize..60,
    ) {
        let mut schema = TableSchema::new();
        for tag in 0..tag_count {
            schema.add_tag(&format!("t{tag}")).unwrap();
        }
        let (first, second) = rows.split_at(split.min(rows.len()));
        let batches = [tagged(first, tag_count), tagged(second, tag_count)];
        let codes: Vec<u64> = series_codes(&schema, &batches).unwrap().concat();
        for (a, code_a) in rows.iter().zip(&codes) {
            for (b, code_b) in rows.iter().zip(&codes) {
                prop_assert_eq!(a[..tag_count].cmp(&b[..tag_count]), code_a.cmp(code_b));
            }
        }
    }
}

#[test]
fn series_codes_without_tags_are_all_equal() {
    let batch =
        RecordBatch::try_from_iter([("x", Arc::new(arrow_array::Int64Array::from(vec![1, 2])) as ArrayRef)]).unwrap();
    assert_eq!(series_codes(&TableSchema::new(), &[batch]).unwrap(), [[0, 0]]);
}
