//! Every bit that is read is under a checksum.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use parquet::file::metadata::ParquetMetaData;

use super::{KEY, stamp};
use crate::sample::{Row, decode, footer, row, schema, segment};
use crate::{EncodeOptions, EncodedSegment, Footer, SegmentError};

fn small(options: &EncodeOptions) -> EncodedSegment {
    let rows: Vec<Row> = (0..3).map(|time| row("eu", "a", time, time as f64 / 3.0)).collect();
    segment(&rows, &EncodeOptions { row_group_rows_max: 2, page_rows_max: 1, ..*options })
}

fn parquet(file: &Bytes) -> ParquetMetaData {
    footer(file).parquet().clone()
}

fn flipped(file: &Bytes, bit: usize) -> Bytes {
    let mut bytes = file.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes.into()
}

fn data_end(parquet: &ParquetMetaData) -> usize {
    super::bloom_start(parquet).unwrap() as usize
}

#[test]
fn checksums_find_every_flipped_bit_of_a_footer() {
    let EncodedSegment { bytes, stats } = small(&EncodeOptions::hot());
    let start = bytes.len() - stats.footer_bytes as usize;
    assert_eq!(start, data_end(&parquet(&bytes)));
    let parse = |file: &Bytes| Footer::parse(file.slice(start..), file.len() as u64);
    parse(&bytes).unwrap();
    for bit in start * 8..bytes.len() * 8 {
        let error = parse(&flipped(&bytes, bit)).unwrap_err();
        assert!(!matches!(error, SegmentError::Internal { .. }), "bit {bit}: {error}");
    }
}

#[test]
fn checksums_find_every_flipped_bit_of_the_data() {
    for options in [EncodeOptions::hot(), EncodeOptions::cold()] {
        let file = small(&options).bytes;
        let footer = footer(&file);
        let read = |file: &Bytes| decode(file, &footer, &schema().arrow(), None, 10);
        read(&file).unwrap();
        // The magic number at the start is never read.
        for bit in 4 * 8..data_end(footer.parquet()) * 8 {
            let error = read(&flipped(&file, bit)).unwrap_err();
            assert!(matches!(error, SegmentError::Corrupt { .. }), "bit {bit}: {error}");
        }
    }
}

#[test]
fn checksums_do_not_stand_in_the_way_of_a_tail_without_all_bloom_filters() {
    let file = small(&EncodeOptions::hot()).bytes;
    let start = data_end(&parquet(&file)) + 1;
    let footer = Footer::parse(file.slice(start..), file.len() as u64).unwrap();
    let columns = footer.parquet().row_groups().iter().flat_map(|group| group.columns());
    assert!(columns.filter(|column| column.bloom_filter_offset().is_some()).count() > 1);
    assert!(footer.parquet().row_group(1).columns().iter().all(|column| footer.bloom_bytes(column).is_none()));
}

#[test]
fn checksums_of_a_file_with_a_text_like_theirs_are_found() {
    let blank = format!("{KEY}\u{18}\u{20}{}", "0".repeat(80));
    let rows = [Row { string: Some(blank.clone()), ..row(&blank, &blank, 1, 1.0) }];
    let file = segment(&rows, &EncodeOptions::hot()).bytes;
    assert_eq!(crate::sample::decoded_rows(&file), rows);
}

#[test]
fn checksums_stamped_again_are_the_same() {
    let file = small(&EncodeOptions::cold()).bytes;
    let mut again = file.to_vec();
    stamp(&mut again, &parquet(&file)).unwrap();
    assert_eq!(again, file);
}

#[test]
fn checksums_stamped_over_damage_hide_it() {
    let file = small(&EncodeOptions::hot()).bytes;
    let parquet = parquet(&file);
    let (mut found, mut hidden) = (0, 0);
    for place in 4..data_end(&parquet) {
        let mut bytes = flipped(&file, place * 8).to_vec();
        stamp(&mut bytes, &parquet).unwrap();
        let bytes = Bytes::from(bytes);
        // What gets past the checksums is still read without a panic.
        match decode(&bytes, &footer(&bytes), &schema().arrow(), None, 10) {
            Ok(_) => hidden += 1,
            Err(_) => found += 1,
        }
    }
    assert!(found > 0 && hidden > 0, "{found} {hidden}");
}

#[test]
fn checksums_that_are_missing_or_unreadable_are_damage() {
    use parquet::file::metadata::KeyValue;
    let file = small(&EncodeOptions::hot()).bytes;
    let parquet = parquet(&file);
    let pairs = parquet.file_metadata().key_value_metadata().unwrap();
    let right = super::text_of(pairs).unwrap().to_owned();
    let read = |value: Option<String>| {
        let pairs: Vec<KeyValue> = value.map(|value| KeyValue::new(KEY.to_owned(), value)).into_iter().collect();
        super::Checksums::from_pairs(&pairs, &parquet)
    };
    assert!(read(Some(right.clone())).is_ok());
    let wrong = [
        None,
        Some(String::new()),
        Some(right[8..].to_owned()),
        Some(format!("{right}0")),
        Some(format!("{right}00000000")),
        Some(right.replacen(|digit: char| digit.is_ascii_digit(), "g", 1)),
        Some(format!("+{}", &right[1..])),
        Some(right.to_uppercase()),
    ];
    for value in wrong {
        assert!(matches!(read(value.clone()), Err(SegmentError::Corrupt { .. })), "{value:?}");
    }
}
