//! Segments: the footer alone, and the whole file down to its rows.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampNanosecondArray, UInt64Array,
};
use arrow_select::concat::concat_batches;
use bytes::Bytes;
use tidewell_segment::{
    DecodeStep, EncodeOptions, Footer, SegmentDecoder, SegmentError, SegmentMetadata, conform, encode, restamp,
};
use tidewell_types::{FieldType, TableName, TableSchema, TimeBounds};

use crate::{Sample, Target};

const V1: &[u8] = include_bytes!("../../tidewell-segment/tests/fixtures/segment-v1.parquet");
const V2: &[u8] = include_bytes!("../../tidewell-segment/tests/fixtures/segment-v2.parquet");

/// A page has at most 256 MiB unpacked, and is unpacked once and decoded once; the rest goes with the file.
const TAKEN_BYTES_FIXED: usize = 1 << 30;
/// The parsed metadata of a file is many times its bytes.
const FOOTER_TAKEN_PER_BYTE: usize = 256;
const FOOTER_TAKEN_BYTES_FIXED: usize = 1 << 20;
const MAGIC: &[u8] = b"PAR1";
const ROWS: i64 = 12;
const BATCH_ROWS: usize = 1 << 20;

fn schema() -> TableSchema {
    let mut schema = TableSchema::new();
    let fields = [
        ("level", FieldType::Float),
        ("trend", FieldType::Integer),
        ("pulses", FieldType::Unsigned),
        ("valid", FieldType::Boolean),
        ("note", FieldType::String),
    ];
    let added = schema
        .add_tag("site")
        .and_then(|_| fields.iter().try_for_each(|(name, it)| schema.add_field(name, *it).map(drop)));
    added.unwrap_or_else(|error| panic!("{error}"));
    schema
}

fn rows() -> RecordBatch {
    let some = |row: i64| (row % 5 != 3).then_some(row);
    let site: DictionaryArray<Int32Type> =
        (0..ROWS).map(|row| Some(if row < 7 { "Brest" } else { "Cuxhaven" })).collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("level", Arc::new((0..ROWS).map(|row| some(row).map(|it| it as f64 / 3.0)).collect::<Float64Array>())),
        ("note", Arc::new((0..ROWS).map(|row| some(row).map(|it| format!("n{}", it % 3))).collect::<StringArray>())),
        ("pulses", Arc::new((0..ROWS).map(|row| some(row).map(|it| it as u64)).collect::<UInt64Array>())),
        ("site", Arc::new(site)),
        ("time", Arc::new(TimestampNanosecondArray::from_iter_values((0..ROWS).map(|row| row % 7)))),
        ("trend", Arc::new((0..ROWS).map(|row| some(row).map(|it| -it)).collect::<Int64Array>())),
        ("valid", Arc::new((0..ROWS).map(|row| some(row).map(|it| it % 2 == 0)).collect::<BooleanArray>())),
    ];
    let rows = RecordBatch::try_from_iter(columns).unwrap_or_else(|error| panic!("{error}"));
    conform(&schema().arrow(), &rows).unwrap_or_else(|error| panic!("{error}"))
}

fn table() -> TableName {
    TableName::new("tides").unwrap_or_else(|error| panic!("{error}"))
}

fn written(options: &EncodeOptions) -> Vec<u8> {
    let options = EncodeOptions { row_group_rows_max: 7, page_rows_max: 3, ..*options };
    let segment = encode(&table(), &schema(), &rows(), &options);
    segment.unwrap_or_else(|error| panic!("{error}")).bytes.to_vec()
}

fn samples() -> Vec<Sample> {
    vec![
        Sample::unchecked(V1),
        Sample::checked(V2),
        Sample::checked(written(&EncodeOptions::hot())),
        Sample::checked(written(&EncodeOptions::cold())),
    ]
}

/// The most bytes that are made up in front of a tail, to give it checksums.
const FRONT_BYTES_MAX: u64 = 1 << 20;

/// What a query reads before any row: eight bytes with the length of the file, then its last bytes.
pub(crate) fn footer() -> Target {
    Target {
        name: "footer",
        samples: samples().into_iter().map(tail_of).collect(),
        read: |input| {
            let (file_bytes, tail) = input.split_first_chunk()?;
            let footer = Footer::parse(Bytes::copy_from_slice(tail), u64::from_le_bytes(*file_bytes)).ok()?;
            let kept = footer.prune(TimeBounds::ALL, &[("site".to_owned(), ["Brest".to_owned()].into())]);
            assert!(kept.len() <= footer.row_groups().len() && footer.memory_bytes() > 0);
            Some(1)
        },
        goes_round: |_| true,
        open: |input| Some(input.to_vec()),
        seal: |input| seal_tail(input).unwrap_or_else(|| input.to_vec()),
        memory_bytes_max: |input| FOOTER_TAKEN_BYTES_FIXED + input.len() * FOOTER_TAKEN_PER_BYTE,
    }
}

fn tail_of(sample: Sample) -> Sample {
    let Sample { bytes, is_checked } = sample;
    let file_bytes = bytes.len() as u64;
    let parse = |tail: &[u8]| Footer::parse(Bytes::copy_from_slice(tail), file_bytes);
    let mut from = bytes.len() - 8;
    while let Err(SegmentError::TailTooShort { needed_bytes }) = parse(&bytes[from..]) {
        from = bytes.len() - needed_bytes as usize;
    }
    Sample { bytes: [&file_bytes.to_le_bytes(), &bytes[from..]].concat(), is_checked }
}

fn seal_tail(input: &[u8]) -> Option<Vec<u8>> {
    let (file_bytes, tail) = input.split_first_chunk()?;
    let front = u64::from_le_bytes(*file_bytes).checked_sub(tail.len() as u64)?;
    let front = usize::try_from(front).ok().filter(|_| front <= FRONT_BYTES_MAX)?;
    let mut file = [&vec![0; front], tail].concat();
    restamp(&mut file);
    Some([file_bytes, file.get(front..)?].concat())
}

/// A whole file, down to its rows. The input lacks the magic number at the start, which is there for other programs and is
/// never read.
pub(crate) fn segment() -> Target {
    Target {
        name: "segment",
        samples: samples().into_iter().map(|it| Sample { bytes: it.bytes[MAGIC.len()..].to_vec(), ..it }).collect(),
        read: |bytes| decode(&whole(bytes)).map(|_| 1),
        goes_round: |bytes| {
            decode(&whole(bytes)).is_some_and(|(of, rows)| rows.num_rows() == 0 || go_round(&of, &rows))
        },
        open: |bytes| Some(bytes.to_vec()),
        seal: |bytes| {
            let mut file = whole(bytes);
            restamp(&mut file);
            file[MAGIC.len()..].to_vec()
        },
        memory_bytes_max: |bytes| TAKEN_BYTES_FIXED + bytes.len() * FOOTER_TAKEN_PER_BYTE,
    }
}

fn whole(bytes: &[u8]) -> Vec<u8> {
    [MAGIC, bytes].concat()
}

/// What a file says of itself, and all of its rows under its own columns; `None` where it is refused.
fn decode(bytes: &[u8]) -> Option<(SegmentMetadata, RecordBatch)> {
    let file = Bytes::copy_from_slice(bytes);
    let footer = Footer::parse(file.clone(), file.len() as u64).ok()?;
    let schema = footer.metadata().schema.arrow();
    let mut decoder = SegmentDecoder::new(&footer, &schema, None, BATCH_ROWS).ok()?;
    let mut batches = Vec::new();
    loop {
        match decoder.step().ok()? {
            DecodeStep::Need(ranges) => {
                let piece = |range: &std::ops::Range<u64>| file.slice(range.start as usize..range.end as usize);
                decoder.push(&ranges, ranges.iter().map(piece).collect()).ok()?;
            }
            DecodeStep::Batch(batch) => batches.push(batch),
            DecodeStep::Done => return Some((footer.metadata().clone(), concat_batches(&schema, &batches).ok()?)),
        }
    }
}

fn go_round(of: &SegmentMetadata, rows: &RecordBatch) -> bool {
    let options = EncodeOptions { rank: of.rank, ..EncodeOptions::hot() };
    let written = encode(&of.table, &of.schema, rows, &options);
    written.is_ok_and(|segment| decode(&segment.bytes).as_ref() == Some(&(of.clone(), rows.clone())))
}
