//! Log entries: the object, the rows within it, the frame and the file of the local log.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampNanosecondArray,
};
use tidewell_buffer::Entry;
use tidewell_types::{Batch, NodeId, Seq, Source, Stamp, TableName, TableRows, WriteId};
use tidewell_wal::decoders::{read_frame, read_log_file, restamp_log_file, write_frame};
use tidewell_wal::entry;

use crate::target::{with_crc, without_crc};
use crate::{Sample, Target};

const ENTRY_V1: &[u8] = include_bytes!("../../tidewell-wal/fixtures/entry-v1.bin");
const ENTRY_V2: &[u8] = include_bytes!("../../tidewell-wal/fixtures/entry-v2.bin");
const LOG_V1: &[u8] = include_bytes!("../../tidewell-wal/fixtures/local-log-v1.bin");
const LOG_V1_TOKENS: &[u8] = include_bytes!("../../tidewell-wal/fixtures/local-log-v1-entry-v2.bin");

/// The entry's fields before its first section.
const ENTRY_HEADER_BYTES: usize = 68;
/// The frame's fields that its checksum covers beside the payload, without the magic and the length.
const FRAME_FIELD_BYTES: usize = 16;
const WRITE_ID: WriteId = WriteId::from_bytes([7; 16]);
/// LZ4 makes at most 255 bytes of one, in a buffer that may double while it grows, and copied where it is not aligned.
const TAKEN_PER_BYTE: usize = 1024;
/// The blocks that LZ4 unpacks through.
const TAKEN_BYTES_FIXED: usize = 32 << 20;

fn memory_bytes_max(bytes: &[u8]) -> usize {
    TAKEN_BYTES_FIXED + bytes.len() * TAKEN_PER_BYTE
}

/// Rows of every type; long runs, so that they are compressed, and NULLs.
fn rows() -> RecordBatch {
    let some = |row: i64| (row % 5 != 0).then_some(row / 50);
    let host: DictionaryArray<Int32Type> =
        (0..200).map(|row| some(row).map(|_| ["a", "b"][row as usize % 2])).collect();
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("flag", Arc::new((0..200).map(|row| some(row).map(|it| it % 2 == 0)).collect::<BooleanArray>()), true),
        ("host", Arc::new(host), true),
        ("level", Arc::new((0..200).map(|row| some(row).map(|it| it as f64)).collect::<Float64Array>()), true),
        ("note", Arc::new((0..200).map(|row| some(row).map(|it| it.to_string())).collect::<StringArray>()), true),
        ("time", Arc::new(TimestampNanosecondArray::from_iter_values((0..200).map(|row| row / 20))), false),
        ("trend", Arc::new((0..200).map(some).collect::<Int64Array>()), true),
    ];
    RecordBatch::try_from_iter_with_nullable(columns).unwrap_or_else(|error| panic!("{error}"))
}

fn compressed() -> Vec<u8> {
    let table = TableName::new("weather").unwrap_or_else(|error| panic!("{error}"));
    let entry = Entry {
        source: Source::Node(NodeId::from_bytes([9; 16])),
        seq: Seq::new(5),
        stamp: Stamp::from_ns(6),
        batch: Batch { tables: vec![TableRows { table, rows: rows() }] },
        tokens: Vec::new(),
    };
    encode(&entry)
}

fn encode(entry: &Entry) -> Vec<u8> {
    entry::encode(entry, WRITE_ID).map(Into::into).unwrap_or_default()
}

fn is_same(left: &Entry, right: &Entry) -> bool {
    let tables = |entry: &Entry| -> Vec<(TableName, RecordBatch)> {
        entry.batch.tables.iter().map(|table| (table.table.clone(), table.rows.clone())).collect()
    };
    let head = |entry: &Entry| (entry.source, entry.seq, entry.stamp, entry.tokens.clone());
    head(left) == head(right) && tables(left) == tables(right)
}

fn entry_goes_round(bytes: &[u8]) -> bool {
    entry::decode(bytes).is_ok_and(|read| entry::decode(&encode(&read)).is_ok_and(|again| is_same(&read, &again)))
}

fn read_entry(bytes: &[u8]) -> Option<usize> {
    let write_id = entry::write_id(bytes);
    let read = entry::decode(bytes).ok();
    assert!(read.is_none() || write_id.is_ok(), "the write id of a whole entry is not read");
    read.map(|_| 1)
}

/// The object of one entry.
pub(crate) fn wal_object() -> Target {
    Target {
        name: "wal_object",
        samples: [ENTRY_V1.to_vec(), ENTRY_V2.to_vec(), compressed()].map(Sample::checked).to_vec(),
        read: read_entry,
        goes_round: entry_goes_round,
        open: without_crc,
        seal: with_crc,
        memory_bytes_max,
    }
}

/// The Arrow stream of the first table of an entry, in an entry that is whole but for it.
pub(crate) fn wal_rows() -> Target {
    Target {
        name: "wal_rows",
        samples: [ENTRY_V1.to_vec(), compressed()].map(Sample::checked).to_vec(),
        read: read_entry,
        goes_round: entry_goes_round,
        open: |bytes| {
            let name_bytes = u16::from_le_bytes(*bytes.get(ENTRY_HEADER_BYTES..)?.first_chunk()?);
            let rest = bytes.get(ENTRY_HEADER_BYTES + 2 + usize::from(name_bytes)..)?;
            let (ipc_bytes, rest) = rest.split_first_chunk()?;
            Some(rest.get(..u32::from_le_bytes(*ipc_bytes) as usize)?.to_vec())
        },
        seal: |ipc| {
            let header = ENTRY_V2.get(..ENTRY_HEADER_BYTES - 4).unwrap_or_default();
            let ipc_bytes = u32::try_from(ipc.len()).unwrap_or(u32::MAX).to_le_bytes();
            with_crc(&[header, &1u32.to_le_bytes(), &1u16.to_le_bytes(), b"m", &ipc_bytes, ipc, &[0; 4]].concat())
        },
        memory_bytes_max,
    }
}

/// A frame of the local log, whose payload is not looked at.
pub(crate) fn local_frame() -> Target {
    let frames = [&b""[..], b"payload", ENTRY_V2];
    Target {
        name: "local_frame",
        samples: frames.iter().map(|payload| Sample::checked(write_frame(Seq::new(7), 36, payload))).collect(),
        read: |bytes| read_frame(bytes).map(|_| 1),
        goes_round: |bytes| {
            read_frame(bytes)
                .is_some_and(|(seq, synced, payload)| bytes.starts_with(&write_frame(seq, synced, payload)))
        },
        open: |bytes| {
            let (seq, synced_bytes, payload) = read_frame(bytes)?;
            Some([&seq.get().to_le_bytes(), &synced_bytes.to_le_bytes(), payload].concat())
        },
        seal: |inner| {
            let word = |at: usize| inner.get(at..).and_then(|rest| rest.first_chunk()).copied().map(u64::from_le_bytes);
            let payload = inner.get(FRAME_FIELD_BYTES..).unwrap_or_default();
            write_frame(Seq::new(word(0).unwrap_or_default()), word(8).unwrap_or_default(), payload)
        },
        memory_bytes_max: |_| 1 << 10,
    }
}

/// A file of the local log. It is accepted where its end is not torn; a part of it that ends with a frame has fewer.
pub(crate) fn local_log() -> Target {
    Target {
        name: "local_log",
        samples: [LOG_V1, LOG_V1_TOKENS].map(Sample::checked).to_vec(),
        read: |bytes| match read_log_file(bytes) {
            Ok((entries, None)) => Some(entries.len()),
            _ => None,
        },
        goes_round: |bytes| {
            let entries = read_log_file(bytes).map(|(entries, _)| entries).unwrap_or_default();
            entries.iter().all(|read| entry::decode(&encode(read)).is_ok_and(|again| is_same(read, &again)))
        },
        open: |bytes| Some(bytes.to_vec()),
        seal: |bytes| {
            let mut bytes = bytes.to_vec();
            restamp_log_file(&mut bytes);
            bytes
        },
        memory_bytes_max,
    }
}
