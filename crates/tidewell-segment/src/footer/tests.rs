//! Tests of reading a segment's tail.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use tidewell_types::TimeBounds;

use super::Footer;
use crate::sample::{Row, decode, footer, row, schema, segment, table};
use crate::{EncodeOptions, EncodedSegment, SegmentError, SegmentMetadata};

fn small() -> EncodedSegment {
    let rows: Vec<Row> = (0..30)
        .map(|time| Row {
            integer: Some(time),
            unsigned: Some(7),
            boolean: Some(time % 3 == 0),
            string: Some(format!("s{}", time % 4)),
            ..row(if time < 15 { "eu" } else { "us" }, "a", time, time as f64)
        })
        .collect();
    segment(&rows, &EncodeOptions { row_group_rows_max: 15, page_rows_max: 8, ..EncodeOptions::hot() })
}

fn tail(file: &Bytes, len: u64) -> Bytes {
    file.slice(file.len() - len as usize..)
}

/// Parses and, where that works, prunes and decodes: nothing of it may panic.
fn use_all(file: &Bytes) -> Result<(), SegmentError> {
    let footer = Footer::parse(file.clone(), file.len() as u64)?;
    let _ = footer.prune(TimeBounds::ALL, &[("region".to_owned(), ["eu".to_owned()].into())]);
    let _ = footer.memory_bytes();
    decode(file, &footer, &schema().arrow(), None, 10).map(drop)
}

#[test]
fn footer_tail_of_footer_bytes_holds_all_metadata() {
    let segment = small();
    let file_bytes = segment.bytes.len() as u64;
    let footer = Footer::parse(tail(&segment.bytes, segment.stats.footer_bytes), file_bytes).unwrap();
    assert_eq!(footer.metadata(), &SegmentMetadata { table: table(), schema: schema(), rank: None });
    assert!(footer.parquet().column_index().is_some() && footer.parquet().offset_index().is_some());
    for group in footer.parquet().row_groups() {
        let region = group.columns().iter().find(|column| column.column_descr().name() == "region").unwrap();
        assert!(footer.bloom_bytes(region).is_some());
        assert_eq!(group.sorting_columns().map(Vec::len), Some(3));
    }
    assert!(!footer.may_contain(0, "region", &["us"]));
    assert!(footer.memory_bytes() > 500);
}

#[test]
fn footer_tail_without_bloom_filters_still_prunes_by_bounds() {
    let segment = small();
    let file_bytes = segment.bytes.len() as u64;
    let whole = Footer::parse(segment.bytes.clone(), file_bytes).unwrap();
    let columns = whole.parquet().row_groups().iter().flat_map(|group| group.columns());
    let first_index = columns.filter_map(|column| column.column_index_offset()).min().unwrap() as u64;
    let footer = Footer::parse(tail(&segment.bytes, file_bytes - first_index), file_bytes).unwrap();
    assert!(footer.bloom_bytes(whole.parquet().row_group(0).column(4)).is_none());
    assert!(!footer.may_contain(0, "region", &["us"]) && footer.may_contain(0, "region", &["eu"]));
}

#[test]
fn footer_short_tail_says_how_much_is_needed() {
    let segment = small();
    let file_bytes = segment.bytes.len() as u64;
    let mut len = 0;
    let mut rounds = 0;
    loop {
        match Footer::parse(tail(&segment.bytes, len), file_bytes) {
            Err(SegmentError::TailTooShort { needed_bytes }) => {
                assert!(needed_bytes > len && needed_bytes <= segment.stats.footer_bytes);
                len = needed_bytes;
                rounds += 1;
            }
            other => {
                other.unwrap();
                break;
            }
        }
    }
    assert_eq!(rounds, 3);
}

#[test]
fn segment_metadata_reads_from_the_tail() {
    let segment = small();
    let metadata =
        SegmentMetadata::read(tail(&segment.bytes, segment.stats.footer_bytes), segment.bytes.len() as u64).unwrap();
    assert_eq!(metadata.table, table());
}

#[test]
fn footer_of_other_bytes_is_corrupt() {
    for bytes in [&b""[..], b"PAR1", b"not a Parquet file at all", b"PAR1\0\0\0\0PAR1", b"PAR1\xff\xff\xff\xffPAR1"] {
        let error = Footer::parse(Bytes::from_static(bytes), bytes.len() as u64).unwrap_err();
        assert!(matches!(error, SegmentError::Corrupt { .. }), "{bytes:?}: {error}");
    }
}

#[test]
fn footer_truncated_file_never_panics() {
    let file = small().bytes;
    for len in 0..file.len() {
        assert!(use_all(&file.slice(..len)).is_err(), "{len}");
    }
}

#[test]
fn footer_any_flipped_byte_never_panics() {
    let segment = small();
    let from = segment.bytes.len() - segment.stats.footer_bytes as usize;
    // Every byte of the metadata, in several ways; an error is fine, and so is a difference that does no harm.
    for place in from..segment.bytes.len() {
        for flip in [0x01, 0x10, 0x80, 0xff] {
            let mut bytes = segment.bytes.to_vec();
            bytes[place] ^= flip;
            let _ = use_all(&Bytes::from(bytes));
        }
    }
}

#[test]
fn footer_flipped_trailer_is_an_error() {
    let file = small().bytes;
    for place in file.len() - 8..file.len() {
        let mut bytes = file.to_vec();
        bytes[place] ^= 0x55;
        assert!(use_all(&Bytes::from(bytes)).is_err(), "{place}");
    }
}

#[test]
fn footer_columns_are_those_of_the_file() {
    let file = segment(&[row("eu", "a", 1, 1.0)], &EncodeOptions::hot()).bytes;
    let footer = footer(&file);
    let names: Vec<&str> = footer.columns().fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["float", "host", "region", "time"]);
    assert_eq!(footer.file_bytes(), file.len() as u64);
}
