//! A stream is let through when it is a log entry's and holds what it announces.
#![allow(clippy::unwrap_used)]

use std::io::Cursor;
use std::sync::Arc;

use arrow_array::types::{Int8Type, Int32Type};
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int32Array, Int64Array, LargeStringArray, StringArray,
    StructArray, TimestampMillisecondArray, TimestampNanosecondArray, UInt64Array,
};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_schema::{DataType, Field};
use proptest::prelude::*;

use super::*;

const ROWS: usize = 1000;

fn write(batches: &[arrow_array::RecordBatch], compression: Option<CompressionType>) -> Vec<u8> {
    let options = IpcWriteOptions::default().try_with_compression(compression).unwrap();
    let schema = batches[0].schema();
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), &schema, options).unwrap();
    batches.iter().for_each(|batch| writer.write(batch).unwrap());
    writer.into_inner().unwrap()
}

fn packed(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    write(&[arrow_array::RecordBatch::try_from_iter(columns).unwrap()], Some(CompressionType::LZ4_FRAME))
}

fn times() -> (&'static str, ArrayRef) {
    ("time", Arc::new(TimestampNanosecondArray::from(vec![7; ROWS])))
}

/// Every type, with NULLs.
fn columns() -> Vec<(&'static str, ArrayRef)> {
    let some = |row: usize| (!row.is_multiple_of(3)).then_some(row);
    let host: DictionaryArray<Int32Type> = (0..ROWS).map(|row| some(row).map(|_| ["a", "b"][row % 2])).collect();
    vec![
        ("flag", Arc::new((0..ROWS).map(|row| some(row).map(|_| row % 2 == 0)).collect::<BooleanArray>())),
        ("host", Arc::new(host)),
        ("level", Arc::new((0..ROWS).map(|row| some(row).map(|row| row as f64)).collect::<Float64Array>())),
        ("note", Arc::new((0..ROWS).map(|row| some(row).map(|row| format!("n{row}"))).collect::<StringArray>())),
        times(),
        ("trend", Arc::new(Int64Array::from(vec![1; ROWS]))),
        ("wide", Arc::new(UInt64Array::from(vec![None; ROWS]))),
    ]
}

fn judge(ipc: &[u8]) -> Result<(), Problem> {
    check(ipc, &mut ROWS_BYTES_MAX.clone())
}

#[test]
fn stream_of_every_type_is_let_through_and_takes_its_room() {
    for compression in [None, Some(CompressionType::LZ4_FRAME)] {
        let batch = arrow_array::RecordBatch::try_from_iter(columns()).unwrap();
        let ipc = write(&[batch], compression);
        let mut room = 1 << 20;
        check(&ipc, &mut room).unwrap();
        let taken = (1 << 20) - room;
        assert!((ROWS as u64 * 40..ROWS as u64 * 60).contains(&taken), "{taken}");
        let mut enough = taken;
        check(&ipc, &mut enough).unwrap();
        assert_eq!((enough, check(&ipc, &mut (taken - 1))), (0, Err("more rows than an entry may have")));
    }
}

#[test]
fn stream_without_rows_is_let_through() {
    let batch = arrow_array::RecordBatch::try_from_iter(columns()).unwrap().slice(0, 0);
    judge(&write(&[batch], Some(CompressionType::LZ4_FRAME))).unwrap();
}

#[test]
fn stream_with_columns_that_no_entry_has_is_refused() {
    let tag: DictionaryArray<Int8Type> = vec!["a"; ROWS].into_iter().collect();
    let number = |field: Field| -> ArrayRef {
        Arc::new(StructArray::from(vec![(Arc::new(field), Arc::new(Int64Array::from(vec![1; ROWS])) as ArrayRef)]))
    };
    let others: [(&str, ArrayRef); 6] = [
        ("v", Arc::new(Int32Array::from(vec![1; ROWS]))),
        ("v", Arc::new(TimestampMillisecondArray::from(vec![1; ROWS]))),
        ("v", Arc::new(TimestampNanosecondArray::from(vec![1; ROWS]))),
        ("v", Arc::new(LargeStringArray::from(vec!["a"; ROWS]))),
        ("v", Arc::new(tag)),
        ("v", number(Field::new("inner", DataType::Int64, false))),
    ];
    for (name, column) in others {
        let kind = column.data_type().clone();
        assert!(judge(&packed(vec![times(), (name, column)])).is_err(), "{kind}");
    }
    let zoned = TimestampNanosecondArray::from(vec![1; ROWS]).with_timezone("UTC");
    let times: [ArrayRef; 4] = [
        Arc::new(Int64Array::from(vec![1; ROWS])),
        Arc::new(TimestampMillisecondArray::from(vec![1; ROWS])),
        Arc::new(TimestampNanosecondArray::from(vec![None; ROWS])),
        Arc::new(zoned),
    ];
    for time in times {
        let kind = time.data_type().clone();
        assert!(judge(&packed(vec![("time", time)])).is_err(), "{kind}");
    }
    assert_eq!(judge(&packed(vec![columns().remove(0)])), Err("no time column"));
}

#[test]
fn stream_with_a_column_twice_is_refused() {
    let fields = vec![Field::new("time", times().1.data_type().clone(), false); 2];
    let schema = Arc::new(arrow_schema::Schema::new(fields));
    let batch = arrow_array::RecordBatch::try_new(schema, vec![times().1, times().1]).unwrap();
    assert_eq!(judge(&write(&[batch], None)), Err("a column twice"));
}

#[test]
fn stream_of_more_than_one_batch_or_with_bytes_behind_it_is_refused() {
    let batch = arrow_array::RecordBatch::try_from_iter(columns()).unwrap();
    assert!(judge(&write(&[batch.clone(), batch.clone()], None)).is_err());
    let ipc = write(&[batch], None);
    assert_eq!(judge(&[&ipc[..], &[0]].concat()), Err("something behind the batch"));
    for length in 0..ipc.len() {
        assert!(judge(&ipc[..length]).is_err(), "{length}");
    }
}

/// The stream with the only number of this value replaced.
fn replaced(ipc: &[u8], number: i64, by: i64) -> Vec<u8> {
    let places: Vec<usize> = (0..ipc.len() - 8).filter(|at| ipc[*at..*at + 8] == number.to_le_bytes()).collect();
    let mut ipc = ipc.to_vec();
    assert!(!places.is_empty(), "{number}");
    for place in places {
        ipc[place..place + 8].copy_from_slice(&by.to_le_bytes());
    }
    ipc
}

#[test]
fn stream_that_announces_more_than_it_holds_is_refused() {
    let ipc = packed(vec![times()]);
    judge(&ipc).unwrap();
    // The unpacked length of a buffer, and the number of rows of the batch and its only column.
    for (number, announced) in [(ROWS * 8, 1 << 40), (ROWS * 8, i64::MAX), (ROWS * 8, -2), (ROWS, 1 << 40), (ROWS, -1)]
    {
        let forged = replaced(&ipc, i64::try_from(number).unwrap(), announced);
        assert!(judge(&forged).is_err(), "{number} {announced}");
    }
    let at = ipc.windows(4).position(|window| window == CONTINUATION).unwrap();
    let forged = [&ipc[..at + 4], &i32::MAX.to_le_bytes(), &ipc[at + 8..]].concat();
    assert_eq!(judge(&forged), Err("the stream ends early"));
}

#[test]
fn stream_with_half_a_value_is_refused() {
    // A buffer that is not compressed after all, of eight bytes a row, a byte of which goes to the next one.
    let ipc = write(&[arrow_array::RecordBatch::try_from_iter(vec![times()]).unwrap()], None);
    judge(&ipc).unwrap();
    assert_eq!(
        judge(&replaced(&ipc, ROWS as i64 * 8, ROWS as i64 * 8 + 1)),
        Err("a column with fewer rows than it announces, or half a value")
    );
}

proptest! {
    /// Whatever is let through is decoded or refused, and never a panic.
    #[test]
    fn stream_tampered_with_is_refused_or_read(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), prop_oneof![Just(0u8), Just(0xff), any::<u8>()]), 1..4),
    ) {
        let mut ipc = packed(columns());
        for (at, value) in changes {
            let at = at.index(ipc.len());
            ipc[at] = value;
        }
        if judge(&ipc).is_ok() {
            let _ = StreamReader::try_new(Cursor::new(&ipc), None).map(|mut reader| reader.next());
        }
    }
}
