//! Tests of decoding.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use proptest::prelude::*;
use tidewell_types::FieldType;

use super::{DecodeStep, SegmentDecoder};
use crate::sample::{Row, any_row, batch, decode, decoded_rows, footer, model, projected, row, rows, schema, segment};
use crate::{EncodeOptions, SegmentError, Tier};

fn options(tier: Tier, row_group_rows_max: usize) -> EncodeOptions {
    EncodeOptions { tier, row_group_rows_max, page_rows_max: 7, rank: None }
}

fn many() -> Vec<Row> {
    let hosts = ["a", "b", "c"];
    hosts.iter().flat_map(|host| (0..20).map(|time| row("eu", host, time, time as f64 / 4.0))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn decoder_gives_back_what_was_encoded(
        rows in prop::collection::vec(any_row(), 1..120),
        row_group_rows in 1_usize..60,
        cold in any::<bool>(),
    ) {
        let sorted = model(&rows);
        let tier = if cold { Tier::Cold } else { Tier::Hot };
        prop_assert_eq!(decoded_rows(&segment(&sorted, &options(tier, row_group_rows)).bytes), sorted);
    }
}

#[test]
fn decoder_extreme_values_come_back() {
    let sorted = [
        Row {
            time: i64::MIN,
            float: Some(f64::MIN_POSITIVE),
            integer: Some(i64::MIN),
            unsigned: Some(u64::MAX),
            ..Row::default()
        },
        Row { time: 0, float: Some(f64::NEG_INFINITY), integer: Some(i64::MAX), unsigned: Some(0), ..Row::default() },
        Row { time: i64::MAX, float: Some(-0.0), string: Some("\u{0}long".repeat(5000)), ..Row::default() },
    ];
    assert_eq!(decoded_rows(&segment(&sorted, &EncodeOptions::hot()).bytes), sorted);
}

#[test]
fn decoder_nan_comes_back_as_nan() {
    let file = segment(&[row("eu", "a", 1, f64::NAN)], &EncodeOptions::hot()).bytes;
    assert!(decoded_rows(&file)[0].float.unwrap().is_nan());
}

#[test]
fn decoder_projection_keeps_the_order_that_was_asked_for() {
    let file = segment(&many(), &options(Tier::Hot, 20)).bytes;
    let wanted = projected(&["time", "string", "float"]);
    let batches = decode(&file, &footer(&file), &wanted, None, 8).unwrap();
    assert!(batches.iter().all(|batch| batch.schema() == wanted && batch.num_rows() <= 8));
    let got: Vec<Row> = batches.iter().flat_map(rows).collect();
    let expected: Vec<Row> = many().into_iter().map(|row| Row { host: None, region: None, ..row }).collect();
    assert_eq!(got, expected);
}

#[test]
fn decoder_selection_reads_only_those_row_groups() {
    let file = segment(&many(), &options(Tier::Hot, 20)).bytes;
    let batches = decode(&file, &footer(&file), &schema().arrow(), Some(vec![0, 2]), 100).unwrap();
    let expected: Vec<Row> = many().into_iter().filter(|row| row.host.as_deref() != Some("b")).collect();
    assert_eq!(batches.iter().flat_map(rows).collect::<Vec<_>>(), expected);
}

#[test]
fn decoder_empty_selection_is_done_at_once() {
    let file = segment(&many(), &options(Tier::Hot, 20)).bytes;
    assert_eq!(decode(&file, &footer(&file), &schema().arrow(), Some(Vec::new()), 100).unwrap(), []);
}

#[test]
fn decoder_row_group_that_is_not_there_is_refused() {
    let file = segment(&many(), &options(Tier::Hot, 20)).bytes;
    let error = SegmentDecoder::new(&footer(&file), &schema().arrow(), Some(vec![3]), 100).unwrap_err();
    assert!(matches!(error, SegmentError::Internal { .. }), "{error}");
}

#[test]
fn decoder_columns_that_the_table_gained_later_are_null() {
    let mut grown = schema();
    grown.add_tag("rack").unwrap();
    grown.add_field("added", FieldType::Float).unwrap();
    let file = segment(&many(), &options(Tier::Hot, 20)).bytes;
    let batches = decode(&file, &footer(&file), &grown.arrow(), None, 100).unwrap();
    assert_eq!(batches.iter().flat_map(rows).collect::<Vec<_>>(), many());
    for batch in &batches {
        assert_eq!(batch.schema(), grown.arrow());
        assert_eq!(batch.column_by_name("rack").unwrap().null_count(), batch.num_rows());
        assert_eq!(batch.column_by_name("added").unwrap().null_count(), batch.num_rows());
    }
}

#[test]
fn decoder_only_missing_columns_still_counts_rows() {
    let file = segment(&many(), &options(Tier::Hot, 20)).bytes;
    let batches = decode(&file, &footer(&file), &projected(&["string"]), None, 100).unwrap();
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), many().len());
}

#[test]
fn decoder_other_type_names_the_column() {
    let file = segment(&many(), &EncodeOptions::hot()).bytes;
    let mut other = tidewell_types::TableSchema::new();
    other.add_field("float", FieldType::Integer).unwrap();
    let error = SegmentDecoder::new(&footer(&file), &other.arrow(), None, 100).unwrap_err();
    assert!(matches!(&error, SegmentError::SchemaMismatch { column, .. } if column == "float"), "{error}");
}

#[test]
fn decoder_takes_longer_pieces_and_all_at_once() {
    let file = segment(&many(), &options(Tier::Cold, 20)).bytes;
    let mut decoder = SegmentDecoder::new(&footer(&file), &schema().arrow(), None, 100).unwrap();
    let ranges = decoder.ranges();
    assert_eq!(ranges.len(), 3 * 4);
    assert!(ranges.iter().all(|range| range.end <= file.len() as u64));
    decoder.push(std::slice::from_ref(&(0..file.len() as u64)), vec![file.clone()]).unwrap();
    let mut got = Vec::new();
    loop {
        match decoder.step().unwrap() {
            DecodeStep::Need(ranges) => panic!("{ranges:?} were pushed"),
            DecodeStep::Batch(batch) => got.extend(rows(&batch)),
            DecodeStep::Done => break,
        }
    }
    assert_eq!(got, many());
}

#[test]
fn decoder_piece_of_the_wrong_length_is_refused() {
    let file = segment(&many(), &EncodeOptions::hot()).bytes;
    let mut decoder = SegmentDecoder::new(&footer(&file), &schema().arrow(), None, 100).unwrap();
    assert!(matches!(
        decoder.push(std::slice::from_ref(&(0..10)), vec![file.slice(..9)]),
        Err(SegmentError::Internal { .. })
    ));
    assert!(matches!(decoder.push(std::slice::from_ref(&(0..10)), Vec::new()), Err(SegmentError::Internal { .. })));
}

#[test]
fn decoder_any_flipped_byte_of_the_data_never_panics() {
    let sorted: Vec<Row> = many()
        .into_iter()
        .map(|row| Row { integer: Some(row.time), boolean: Some(true), string: Some(format!("{}", row.time)), ..row })
        .collect();
    for tier in [Tier::Hot, Tier::Cold] {
        let file = segment(&sorted, &options(tier, 30)).bytes;
        let footer = footer(&file);
        for place in 0..file.len() {
            for flip in [0x01, 0xff] {
                let mut bytes = file.to_vec();
                bytes[place] ^= flip;
                let _ = decode(&Bytes::from(bytes), &footer, &schema().arrow(), None, 25);
            }
        }
    }
}

#[test]
fn decoder_after_an_error_gives_no_more_rows() {
    let file = segment(&many(), &EncodeOptions::hot()).bytes;
    let footer = footer(&file);
    let mut decoder = SegmentDecoder::new(&footer, &schema().arrow(), None, 100).unwrap();
    let zeros = Bytes::from(vec![0; file.len()]);
    assert!(matches!(
        decoder.push(std::slice::from_ref(&(0..file.len() as u64)), vec![zeros]),
        Err(SegmentError::Corrupt { .. })
    ));
    assert!(matches!(decoder.step(), Err(SegmentError::Corrupt { .. })));
}

#[test]
fn decoder_batches_of_a_row_group_have_typed_tags() {
    let file = segment(&many(), &EncodeOptions::hot()).bytes;
    let batches = decode(&file, &footer(&file), &schema().arrow(), None, 1000).unwrap();
    assert_eq!(batches, [batch(&many())]);
}
