//! Exported files read back.
#![allow(clippy::unwrap_used)]

use arrow_array::{ArrayRef, Int64Array, StringArray};
use arrow_select::concat::concat_batches;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::*;

fn batch(first: i64, rows: i64) -> RecordBatch {
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(first..first + rows));
    let texts: ArrayRef =
        Arc::new(StringArray::from_iter((first..first + rows).map(|n| (n % 3 > 0).then(|| n.to_string()))));
    RecordBatch::try_from_iter_with_nullable([("n", numbers, true), ("t", texts, true)]).unwrap()
}

#[test]
fn export_taken_in_parts_reads_back_as_written() {
    let batches: Vec<RecordBatch> = (0..5).map(|at| batch(at * 50_000, 50_000)).collect();
    let mut export = ParquetExport::new(&batches[0].schema()).unwrap();
    let mut file = Vec::new();
    for batch in &batches {
        export.write(batch).unwrap();
        file.append(&mut export.take_bytes());
    }
    let early = file.len();
    file.append(&mut export.finish().unwrap());
    assert!(early > 100_000, "the first row group was held back: {early} bytes came before the end");

    let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(file)).unwrap();
    let group_rows: Vec<i64> = builder.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(group_rows, [131_072, 250_000 - 131_072]);
    let read: Vec<RecordBatch> = builder.build().unwrap().collect::<Result<_, _>>().unwrap();
    let schema = batches[0].schema();
    assert_eq!(concat_batches(&schema, &read).unwrap(), concat_batches(&schema, &batches).unwrap());
}

#[test]
fn export_without_rows_is_a_file_with_its_schema() {
    let schema = batch(0, 1).schema();
    let file = ParquetExport::new(&schema).unwrap().finish().unwrap();
    let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(file)).unwrap();
    assert_eq!(builder.schema().fields(), schema.fields());
    assert_eq!(builder.build().unwrap().count(), 0);
}
