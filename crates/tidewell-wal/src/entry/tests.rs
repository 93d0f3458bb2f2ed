//! Entries as bytes: what is written is read back, what is damaged is refused, and version 1 is read for ever.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, StringArray, TimestampNanosecondArray,
    UInt64Array,
};
use proptest::prelude::*;

use super::*;

const FROZEN: &[u8] = include_bytes!("../../fixtures/entry-v1.bin");
const WRITE_ID: WriteId = WriteId::from_bytes([0x77; 16]);

fn table(name: &str, columns: Vec<(&str, ArrayRef)>) -> TableRows {
    let nullable = columns.into_iter().map(|(column, values)| (column, values, column != TIME_COLUMN));
    let rows = RecordBatch::try_from_iter_with_nullable(nullable).unwrap();
    TableRows { table: TableName::new(name).unwrap(), rows }
}

fn times(ns: &[i64]) -> ArrayRef {
    Arc::new(TimestampNanosecondArray::from(ns.to_vec()))
}

/// The frozen entry: two tables, every type, NULLs at the start, in the middle and at the end.
fn sample() -> Entry {
    let host: DictionaryArray<Int32Type> = [Some("a"), None, Some("b"), Some("a")].into_iter().collect();
    let wide = table(
        "weather, inner harbour",
        vec![
            ("count", Arc::new(UInt64Array::from(vec![Some(u64::MAX), None, Some(0), Some(7)]))),
            ("host", Arc::new(host)),
            ("level", Arc::new(Float64Array::from(vec![Some(0.5), Some(-0.0), None, Some(1e300)]))),
            ("note", Arc::new(StringArray::from(vec![None, Some(""), Some("Grüße"), Some("x\ny")]))),
            ("ok", Arc::new(BooleanArray::from(vec![Some(true), Some(false), Some(true), None]))),
            ("time", times(&[i64::MIN, -1, 0, 1_700_000_000_000_000_000])),
            ("trend", Arc::new(Int64Array::from(vec![Some(i64::MIN), Some(-1), None, Some(i64::MAX)]))),
        ],
    );
    let narrow = table("潮位", vec![("time", times(&[5])), ("v", Arc::new(Float64Array::from(vec![2.25])))]);
    let stream = StreamId { generation: Generation::new(3), writer: WriterId::from_bytes([0x11; 16]) };
    Entry {
        source: Source::Objects(stream),
        seq: Seq::new(42),
        stamp: Stamp::from_ns(1_700_000_000_123_456_789),
        batch: Batch { tables: vec![wide, narrow] },
    }
}

fn small() -> Entry {
    let rows = table("m", vec![("time", times(&[1, 2])), ("v", Arc::new(Int64Array::from(vec![Some(3), None])))]);
    let source = Source::Node(NodeId::from_bytes([9; 16]));
    Entry { source, seq: Seq::new(0), stamp: Stamp::from_ns(1), batch: Batch { tables: vec![rows] } }
}

fn assert_same(left: &Entry, right: &Entry) {
    assert_eq!((left.source, left.seq, left.stamp), (right.source, right.seq, right.stamp));
    assert_eq!(left.batch.tables.len(), right.batch.tables.len());
    for (left, right) in left.batch.tables.iter().zip(&right.batch.tables) {
        assert_eq!((&left.table, &left.rows), (&right.table, &right.rows));
    }
}

#[test]
fn entry_written_is_read_back() {
    assert_same(&decode(&encode(&sample(), WRITE_ID).unwrap()).unwrap(), &sample());
}

#[test]
fn entry_of_every_source_keeps_it() {
    for source in [
        Source::Objects(StreamId { generation: Generation::new(u32::MAX), writer: WriterId::from_bytes([1; 16]) }),
        Source::Node(NodeId::from_bytes([2; 16])),
        Source::Memory(WriterId::from_bytes([3; 16])),
    ] {
        let entry = Entry { source, seq: Seq::new(u64::MAX), ..small() };
        assert_same(&decode(&encode(&entry, WRITE_ID).unwrap()).unwrap(), &entry);
    }
}

#[test]
fn entry_without_tables_is_read_back() {
    let entry = Entry { batch: Batch::default(), ..small() };
    assert_same(&decode(&encode(&entry, WRITE_ID).unwrap()).unwrap(), &entry);
}

#[test]
fn entry_with_any_bit_flipped_is_refused() {
    let bytes = encode(&small(), WRITE_ID).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let error = decode(&flipped).err();
        // The version is read before the checksum, whose place a later version may change.
        let is_version = (4..6).contains(&(bit / 8));
        let expected =
            |error| matches!(error, EntryError::Damaged(_)) || is_version && matches!(error, EntryError::Newer(_));
        assert!(error.is_some_and(expected), "bit {bit}: {error:?}");
    }
}

#[test]
fn entry_cut_short_or_followed_by_bytes_is_refused() {
    let bytes = encode(&small(), WRITE_ID).unwrap();
    for length in 0..bytes.len() {
        assert!(matches!(decode(&bytes[..length]), Err(EntryError::Damaged(_))), "length {length}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(matches!(decode(&longer), Err(EntryError::Damaged("checksum"))));
}

#[test]
fn entry_of_a_newer_version_is_refused_by_number() {
    let mut bytes = encode(&small(), WRITE_ID).unwrap().to_vec();
    bytes[4..6].copy_from_slice(&2u16.to_le_bytes());
    assert_eq!(decode(&bytes).unwrap_err(), EntryError::Newer(2));
    let told = EntryError::Newer(2).of("x/y".to_owned(), 0).to_string();
    assert!(told.contains("x/y") && told.contains("format 2") && told.contains("up to 1"), "{told}");
}

fn with_checksum(mut sealed: Vec<u8>) -> Vec<u8> {
    let checksum = crc32fast::hash(&sealed);
    sealed.extend_from_slice(&checksum.to_le_bytes());
    sealed
}

#[test]
fn entry_with_a_right_checksum_and_wrong_fields_is_refused() {
    let bytes = encode(&small(), WRITE_ID).unwrap();
    let sealed = &bytes[..bytes.len() - CHECKSUM_BYTES];
    let altered = |at: usize, value: u8| {
        let mut altered = sealed.to_vec();
        altered[at] = value;
        decode(&with_checksum(altered)).unwrap_err()
    };
    assert_eq!(altered(4, 0), EntryError::Damaged("header"));
    assert_eq!(altered(6, 1), EntryError::Damaged("header"));
    assert_eq!(altered(24, 3), EntryError::Damaged("source"));
    assert_eq!(altered(64, 2), EntryError::Damaged("length"));
    assert_eq!(altered(64, 0), EntryError::Damaged("length"));
    assert_eq!(altered(70, 0x01), EntryError::Damaged("table name"));
    assert_eq!(altered(70, 0xff), EntryError::Damaged("table name"));
}

#[test]
fn entry_without_a_time_column_is_refused() {
    let rows = table("m", vec![("v", Arc::new(Float64Array::from(vec![1.0])))]);
    let entry = Entry { batch: Batch { tables: vec![rows] }, ..small() };
    assert_eq!(decode(&encode(&entry, WRITE_ID).unwrap()).unwrap_err(), EntryError::Damaged("rows"));
}

#[test]
fn entry_frozen_in_version_1_reads_the_same() {
    assert_same(&decode(FROZEN).unwrap(), &sample());
    assert_eq!(FROZEN[..8], *b"TWWL\x01\0\0\0");
    assert_eq!(FROZEN[8..24], [0x77; 16]);
    assert_eq!(FROZEN[24..32], [0, 0, 0, 0, 3, 0, 0, 0]);
    assert_eq!(FROZEN[32..48], [0x11; 16]);
    assert_eq!(FROZEN[48..56], 42u64.to_le_bytes());
    assert_eq!(FROZEN[56..64], 1_700_000_000_123_456_789u64.to_le_bytes());
    assert_eq!(FROZEN[64..70], [2, 0, 0, 0, 22, 0]);
    assert_eq!(&FROZEN[70..92], b"weather, inner harbour");
    assert_eq!(FROZEN[FROZEN.len() - 4..], crc32fast::hash(&FROZEN[..FROZEN.len() - 4]).to_le_bytes());
}

#[test]
#[ignore = "wrote the frozen bytes once; a new version gets a new file"]
fn entry_frozen_is_written() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/entry-v1.bin");
    let mut file = std::fs::File::create_new(path).unwrap();
    std::io::Write::write_all(&mut file, &encode(&sample(), WRITE_ID).unwrap()).unwrap();
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(decode(&bytes).is_err());
        let framed = [&b"TWWL\x01\0\0\0"[..], &bytes].concat();
        drop(decode(&with_checksum(framed)));
    }

    #[test]
    fn damaged_bytes_are_refused(at in any::<prop::sample::Index>(), value in 1u8.., cut in any::<prop::sample::Index>()) {
        let mut bytes = encode(&sample(), WRITE_ID).unwrap().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= value;
        prop_assert!(decode(&bytes).is_err());
        bytes.truncate(cut.index(bytes.len()));
        prop_assert!(decode(&bytes).is_err());
    }
}
