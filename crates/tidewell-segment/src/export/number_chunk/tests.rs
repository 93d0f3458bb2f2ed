//! Numbers written here, read back by the library.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, DurationNanosecondArray, Float64Array, Int64Array, RecordBatch, TimestampMillisecondArray,
    UInt64Array,
};
use arrow_schema::{Field, Schema};
use arrow_select::concat::concat;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Encoding;
use parquet::file::metadata::ColumnChunkMetaData;

use crate::{ExportCompression, ExportError, ExportOptions, ParquetExport};

const CODECS: [ExportCompression; 3] = [ExportCompression::None, ExportCompression::Snappy, ExportCompression::Zstd(1)];

fn export(parts: &[ArrayRef], is_nullable: bool, compression: ExportCompression) -> Result<Bytes, ExportError> {
    let field = Field::new("n", parts[0].data_type().clone(), is_nullable);
    let schema = Arc::new(Schema::new(vec![field]));
    let options = ExportOptions { compression, row_group_rows_max: 200_000, ..ExportOptions::default() };
    let mut export = ParquetExport::with_options(&schema, options)?;
    for part in parts {
        export.write(&RecordBatch::try_from_iter([("n", Arc::clone(part))]).unwrap())?;
    }
    Ok(export.finish()?.into())
}

/// Writes and reads back; gives what the footer says of the first chunk.
fn check(parts: &[ArrayRef]) -> ColumnChunkMetaData {
    let parts_only: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    let wanted = concat(&parts_only).unwrap();
    let mut chunk = None;
    for compression in CODECS {
        let builder = ParquetRecordBatchReaderBuilder::try_new(export(parts, true, compression).unwrap()).unwrap();
        chunk = Some(builder.metadata().row_group(0).column(0).clone());
        let read: Vec<ArrayRef> = builder.build().unwrap().map(|batch| Arc::clone(batch.unwrap().column(0))).collect();
        let read: Vec<&dyn Array> = read.iter().map(AsRef::as_ref).collect();
        assert_eq!(concat(&read).unwrap().to_data(), wanted.to_data(), "{compression:?}");
    }
    chunk.unwrap()
}

fn bounds(chunk: &ColumnChunkMetaData) -> [[u8; 8]; 2] {
    let statistics = chunk.statistics().unwrap();
    [statistics.min_bytes_opt(), statistics.max_bytes_opt()].map(|bound| bound.unwrap().try_into().unwrap())
}

#[test]
fn numbers_that_repeat_come_back_from_a_dictionary() {
    let times: ArrayRef =
        Arc::new(TimestampMillisecondArray::from_iter_values((0..150_000).map(|row| row / 1000)).with_timezone("UTC"));
    let chunk = check(&[Arc::clone(&times), times.slice(70_001, 3333)]);
    assert!(chunk.dictionary_page_offset().is_some());
    assert_eq!(bounds(&chunk), [0_i64, 149].map(i64::to_le_bytes));
    assert!(chunk.uncompressed_size() < 4000, "{}", chunk.uncompressed_size());
    let spans: ArrayRef = Arc::new(DurationNanosecondArray::from_iter_values((0..5000).map(|row| row % 7 - 3)));
    assert_eq!(bounds(&check(&[spans])), [-3_i64, 3].map(i64::to_le_bytes));
}

#[test]
fn numbers_with_nulls_come_back_wherever_the_nulls_begin() {
    let whole: ArrayRef = Arc::new(Int64Array::from_iter_values((0..3000).map(|row| row % 5)));
    let holes: ArrayRef = Arc::new(Int64Array::from_iter((0..90_000).map(|row| (row % 11 > 3).then_some(row % 9))));
    let none: ArrayRef = Arc::new(Int64Array::new_null(100));
    let chunk = check(&[Arc::clone(&whole), holes.slice(17, 80_000), none, Arc::clone(&whole)]);
    assert!(chunk.dictionary_page_offset().is_some());
    let nulls = (17..80_017).filter(|row| row % 11 <= 3).count() as u64 + 100;
    assert_eq!(chunk.statistics().unwrap().null_count_opt(), Some(nulls));
    let error = export(&[whole.slice(0, 2000), holes], false, ExportCompression::None);
    assert!(error.unwrap_err().to_string().contains("has NULLs and its schema says that it has none"));
}

#[test]
fn numbers_that_stop_repeating_are_written_as_they_are() {
    let first: ArrayRef = Arc::new(Int64Array::from_iter_values((0..1000).map(|row| row / 10)));
    let then: ArrayRef = Arc::new(Int64Array::from_iter((0..150_000_i64).map(|row| (row % 3 > 0).then_some(-row))));
    let chunk = check(&[first, then]);
    assert_eq!(chunk.dictionary_page_offset(), None);
    assert!(chunk.encodings().all(|encoding| matches!(encoding, Encoding::PLAIN | Encoding::RLE)));
    assert_eq!(bounds(&chunk), [-149_999_i64, 99].map(i64::to_le_bytes));
}

#[test]
fn unsigned_numbers_have_bounds_of_their_own_order() {
    let numbers: ArrayRef = Arc::new(UInt64Array::from_iter_values((0..500).map(|row| [7, u64::MAX][row % 2])));
    assert_eq!(bounds(&check(&[numbers])), [7, u64::MAX].map(u64::to_le_bytes));
}

#[test]
fn floats_keep_their_bits_and_have_bounds_that_hold_for_both_zeros() {
    let zeros: ArrayRef = Arc::new(Float64Array::from_iter_values((0..900).map(|row| [0.0, -0.0, f64::NAN][row % 3])));
    let chunk = check(&[Arc::clone(&zeros)]);
    assert!(chunk.dictionary_page_offset().is_some());
    assert_eq!(bounds(&chunk), [-0.0, 0.0].map(f64::to_le_bytes));
    let nothing: ArrayRef = Arc::new(Float64Array::from_iter_values((0..900).map(|_| f64::NAN)));
    assert!(check(&[nothing]).statistics().unwrap().min_bytes_opt().is_none());
    let mixed: ArrayRef = Arc::new(Float64Array::from_iter_values((0..900).map(|row| [-2.5, f64::INFINITY][row % 2])));
    assert_eq!(bounds(&check(&[mixed])), [-2.5, f64::INFINITY].map(f64::to_le_bytes));
}
