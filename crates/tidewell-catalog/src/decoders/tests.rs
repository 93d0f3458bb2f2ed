//! Objects of each format version, frozen: they must read the same forever.
#![allow(clippy::unwrap_used)]

use tidewell_types::WriteId;

use super::*;
use crate::build;
use crate::chunk::SeriesRows;
use crate::frame::DecodeError;
use crate::part::Marks;
use crate::record::{ColumnRecord, DatasetRecord, Estimate, FileRecord, Interval, Mapping, TimeSpan};

const HEAD: &[u8] = include_bytes!("../../fixtures/head-v1.bin");
const PART: &[u8] = include_bytes!("../../fixtures/part-v1.bin");
const INDEX: &[u8] = include_bytes!("../../fixtures/index-v1.bin");
const WRITE_ID: WriteId = WriteId::from_bytes([0x77; 16]);
const MARKS: Marks = Marks { dataset: [1; 16], content: [2; 16], context: [3; 16] };

fn record() -> DatasetRecord {
    DatasetRecord {
        name: "Harbour cranes".to_owned(),
        source: "s3://harbour".to_owned(),
        root: "cranes/loads".to_owned(),
        description: Some("Loads of cranes at high tide".to_owned()),
        tags: vec![("owner".to_owned(), "port".to_owned()), ("wind".to_owned(), String::new())],
        sidecar: Some("cranes/loads/dataset.yaml".to_owned()),
        mapping: Mapping {
            time_column: "at".to_owned(),
            time_unit: "ms".to_owned(),
            time_format: Some("%Y".to_owned()),
            series_columns: vec!["site".to_owned(), "crane".to_owned()],
            partitions: vec!["site".to_owned()],
            is_guessed: true,
        },
        columns: vec![ColumnRecord { name: "at".to_owned(), types: vec!["int64".to_owned()], file_count: 1 }],
        file_count: 2,
        bytes: 12_345,
        row_count: 700,
        series_count: 300,
        series_rows_min: 1,
        series_rows_max: 300,
        time: Some(TimeSpan { min_ns: -1, max_ns: 1_700_000_000_000_000_000 }),
        estimate: Some(Estimate {
            files_read: 1,
            seed: 9,
            rows: Interval { low: 600, high: 800 },
            series: Interval { low: 290, high: u64::MAX },
        }),
        scanned_at_ns: 1_700_000_000_000_000_001,
    }
}

fn files() -> Vec<FileRecord> {
    let file = |key: &str, stamp: Option<&str>, row_count| FileRecord {
        key: key.to_owned(),
        bytes: 6_000,
        stamp: stamp.map(str::to_owned),
        row_count,
    };
    vec![
        file("cranes/loads/site=a/1.parquet", Some("\"abc\""), Some(350)),
        file("cranes/loads/site=b/2.parquet", None, None),
    ]
}

fn series() -> Vec<SeriesRows> {
    (0..300u64).map(|at| SeriesRows { id: format!("site=harbour,crane={at:03}"), row_count: at + 1 }).collect()
}

#[test]
fn head_that_is_frozen_reads_as_written() {
    let head = Head { sequence: 7, index: WRITE_ID, index_bytes: 1_000_000, dataset_count: 12, series_count: 34_567 };
    assert_eq!(Head::decode(HEAD), Ok(head));
    assert_eq!(head.encode(), HEAD);
}

#[test]
fn part_that_is_frozen_reads_as_written() {
    let part = Part::open(PART.into()).unwrap();
    assert_eq!((*part.marks(), part.series_count()), (MARKS, 300));
    assert_eq!((part.record(), part.files()), (Ok(record()), Ok(files())));
    let chunks: Vec<SeriesRows> = (0..part.chunk_count()).flat_map(|number| part.chunk(number).unwrap()).collect();
    assert_eq!(chunks, series());
    assert_eq!(part.series(299).unwrap().id, "site=harbour,crane=299");
    assert!(part.series(300).is_err());
}

#[test]
fn index_that_is_frozen_reads_as_written() {
    let (write_id, index) = index::decode(&INDEX.into()).unwrap();
    assert_eq!((write_id, index.sequence, index.parts.len()), (WRITE_ID, 7, 1));
    assert_eq!(index.parts[0].bytes(), PART);
    assert_eq!(index.starts, [0, 300]);
    let searchable = build::build(&index.parts).unwrap();
    assert_eq!(index.fst.as_fst().as_bytes(), searchable.fst);
    assert_eq!((index.postings, index.lengths), (searchable.postings, searchable.lengths));
}

#[test]
fn objects_of_a_newer_version_are_refused_by_number() {
    let newer = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        bytes[4] = 9;
        bytes
    };
    assert_eq!(Head::decode(&newer(HEAD)), Err(DecodeError::Newer(9)));
    assert_eq!(Part::open(newer(PART).into()).unwrap_err(), DecodeError::Newer(9));
    assert_eq!(index::decode(&newer(INDEX).into()).unwrap_err(), DecodeError::Newer(9));
    let error = DecodeError::Newer(9).at("catalog/head").to_string();
    assert!(error.contains("format version 9") && error.contains("up to 1"), "{error}");
}

#[test]
fn objects_written_again_are_the_same() {
    for (kind, bytes) in [(ObjectKind::Head, HEAD), (ObjectKind::Part, PART), (ObjectKind::Index, INDEX)] {
        let again = kind.rewrite(bytes).unwrap();
        assert_eq!(kind.rewrite(&again), Some(again), "{kind:?}");
    }
}
