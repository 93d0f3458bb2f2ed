//! Tests of the checks on metadata.
#![allow(clippy::unwrap_used)]

use super::{check_metadata_shape, chunk_range};
use crate::sample::{footer, row, segment};
use crate::{EncodeOptions, SegmentError};

fn refused(bytes: &[u8], word: &str) {
    let error = check_metadata_shape(bytes).unwrap_err();
    assert!(matches!(&error, SegmentError::Corrupt { problem } if problem.contains(word)), "{error}");
}

#[test]
fn metadata_shape_nested_schema_is_refused() {
    // field 2: list of 3 structs; the root has 1 child (field 5), which has 1 child.
    refused(&[0x29, 0x3c, 0x55, 0x02, 0x00, 0x55, 0x02, 0x00, 0x00, 0x00], "nested");
}

#[test]
fn metadata_shape_flat_schema_is_fine() {
    check_metadata_shape(&[0x29, 0x3c, 0x55, 0x04, 0x00, 0x00, 0x00, 0x00]).unwrap();
}

#[test]
fn metadata_shape_too_many_children_are_refused() {
    refused(&[0x29, 0x1c, 0x55, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0x00, 0x00], "nested");
}

#[test]
fn metadata_shape_too_many_row_groups_are_refused() {
    let mut bytes = vec![0x49, 0xfc, 0x80, 0x80, 0x02];
    bytes.extend(vec![0; 40_000]);
    refused(&bytes, "row groups");
}

#[test]
fn chunk_ranges_of_a_segment_follow_each_other() {
    let file = segment(&[row("eu", "a", 1, 1.0)], &EncodeOptions::hot()).bytes;
    let footer = footer(&file);
    let mut end = 4;
    for column in footer.parquet().row_group(0).columns() {
        let range = chunk_range(column).unwrap();
        assert_eq!(range.start, end);
        end = range.end;
    }
}
