//! Exported files read back.
#![allow(clippy::unwrap_used)]

use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, DurationNanosecondArray, Float32Array,
    Float64Array, Int32Array, Int64Array, ListArray, NullArray, StringArray, StringViewArray, StructArray,
    TimestampMicrosecondArray, UInt64Array,
};
use arrow_schema::{DataType, Field, IntervalUnit};
use arrow_select::concat::concat_batches;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::mem::discriminant;

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

fn whole(options: ExportOptions, batches: &[RecordBatch]) -> Vec<u8> {
    let mut export = ParquetExport::with_options(&batches[0].schema(), options).unwrap();
    batches.iter().for_each(|batch| export.write(batch).unwrap());
    export.finish().unwrap()
}

fn rows_of(file: Vec<u8>) -> Vec<RecordBatch> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(file)).unwrap().build().unwrap();
    reader.collect::<Result<_, _>>().unwrap()
}

#[test]
fn export_every_compression_reads_back() {
    let batches = [batch(0, 1000), batch(1000, 500)];
    let schema = batches[0].schema();
    let codecs =
        [ExportCompression::None, ExportCompression::Snappy, ExportCompression::Lz4, ExportCompression::Zstd(22)];
    for compression in codecs {
        let file = whole(ExportOptions { compression, ..ExportOptions::default() }, &batches);
        let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(file.clone())).unwrap();
        // A file says the codec and not its level.
        let found = builder.metadata().row_group(0).column(0).compression();
        assert_eq!(discriminant(&found), discriminant(&compression.codec().unwrap()), "{found:?}");
        let read = concat_batches(&schema, &rows_of(file)).unwrap();
        assert_eq!(read, concat_batches(&schema, &batches).unwrap(), "{compression:?}");
    }
}

#[test]
fn export_options_that_make_no_sense_are_refused() {
    let schema = batch(0, 1).schema();
    let bad = [
        ExportOptions { compression: ExportCompression::Zstd(0), ..ExportOptions::default() },
        ExportOptions { compression: ExportCompression::Zstd(23), ..ExportOptions::default() },
        ExportOptions { row_group_rows_max: 0, ..ExportOptions::default() },
        ExportOptions { row_group_bytes_max: 0, ..ExportOptions::default() },
    ];
    for options in bad {
        assert!(matches!(ParquetExport::with_options(&schema, options), Err(ExportError::Options(_))), "{options:?}");
    }
}

#[test]
fn export_column_without_a_parquet_type_is_named() {
    let fields = vec![
        Field::new("fine", DataType::Int64, true),
        Field::new("span", DataType::Interval(IntervalUnit::MonthDayNano), true),
    ];
    let error = ParquetExport::new(&Arc::new(Schema::new(fields))).unwrap_err();
    assert!(matches!(&error, ExportError::Column { column, .. } if column == "span"), "{error}");
    assert!(error.to_string().contains("\"span\" (Interval(MonthDayNano)) has no type in Parquet"), "{error}");
}

#[test]
fn export_rows_of_another_schema_are_refused() {
    let mut export = ParquetExport::new(&batch(0, 1).schema()).unwrap();
    let other = RecordBatch::try_from_iter([("n", Arc::new(StringArray::from(vec!["x"])) as ArrayRef)]).unwrap();
    assert!(export.write(&other).unwrap_err().to_string().contains("do not fit"));
    assert!(export.stage(&other).unwrap_err().to_string().contains("do not fit"));
}

#[test]
fn export_staged_columns_in_any_order_make_the_same_file() {
    let batches: Vec<RecordBatch> = (0..7).map(|at| batch(at * 900, 900)).collect();
    let options = ExportOptions { row_group_rows_max: 2000, ..ExportOptions::default() };
    let written = whole(options, &batches);
    let mut export = ParquetExport::with_options(&batches[0].schema(), options).unwrap();
    let mut tasks = Vec::new();
    for batch in &batches {
        tasks.extend(export.stage(batch).unwrap());
    }
    assert_eq!(tasks.len(), 3 * 2);
    tasks.extend(export.stage_rest());
    // No row group comes before the first is whole.
    let mut file = export.take_bytes();
    for (index, task) in tasks.into_iter().rev().enumerate() {
        export.accept(task.run().unwrap()).unwrap();
        let bytes = export.take_bytes();
        assert!(index >= 7 || bytes.is_empty(), "bytes came after {index} columns from the end");
        file.extend(bytes);
    }
    file.extend(export.finish().unwrap());
    assert!(file == written);
}

#[test]
fn export_that_ends_while_columns_are_under_way_is_refused() {
    let options = ExportOptions { row_group_rows_max: 10, ..ExportOptions::default() };
    let rows = batch(0, 15);
    let mut export = ParquetExport::with_options(&rows.schema(), options).unwrap();
    let tasks = export.stage(&rows).unwrap();
    assert_eq!(tasks.len(), 2);
    assert!(export.write(&rows).unwrap_err().to_string().contains("either written or staged"));
    assert!(export.finish().unwrap_err().to_string().contains("under way"));
}

#[test]
fn export_row_groups_end_early_at_their_bytes() {
    let options = ExportOptions { row_group_bytes_max: 100_000, ..ExportOptions::default() };
    let batches: Vec<RecordBatch> = (0..40).map(|at| batch(at * 5000, 5000)).collect();
    let file = whole(options, &batches);
    let builder = ParquetRecordBatchReaderBuilder::try_new(Bytes::from(file)).unwrap();
    assert!(builder.metadata().num_row_groups() > 3, "{}", builder.metadata().num_row_groups());
    let mut export = ParquetExport::with_options(&batches[0].schema(), options).unwrap();
    let tasks: usize = batches.iter().map(|batch| export.stage(batch).unwrap().len()).sum();
    assert!(tasks > 6, "{tasks}");
}

/// What a thread holds while it compresses is some pages.
#[test]
fn export_pages_of_numbers_that_differ_stay_small() {
    let numbers: ArrayRef = Arc::new(Float64Array::from_iter_values((0..131_072).map(f64::from)));
    let options = ExportOptions { compression: ExportCompression::None, ..ExportOptions::default() };
    let file = Bytes::from(whole(options, &[RecordBatch::try_from_iter([("n", numbers)]).unwrap()]));
    let group = SerializedFileReader::new(file).unwrap();
    let group = group.get_row_group(0).unwrap();
    let pages: Vec<usize> = group.get_column_page_reader(0).unwrap().map(|page| page.unwrap().buffer().len()).collect();
    assert_eq!(pages.iter().sum::<usize>() / 8, 131_072);
    assert!(pages.iter().all(|bytes| *bytes <= 264 << 10), "{pages:?}");
}

/// Types that SQL gives besides those of our tables.
#[test]
fn export_types_of_sql_results_read_back() {
    let decimals = Decimal128Array::from(vec![Some(125), None]).with_precision_and_scale(20, 2).unwrap();
    let list = ListArray::from_iter_primitive::<Int64Type, _, _>(vec![Some(vec![Some(1), None]), None]);
    let member: ArrayRef = Arc::new(Int64Array::from(vec![7, 8]));
    let structure = StructArray::from(vec![(Arc::new(Field::new("a", DataType::Int64, false)), member)]);
    let tags: DictionaryArray<Int32Type> = vec![Some("x"), None].into_iter().collect();
    let columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("boolean", Arc::new(BooleanArray::from(vec![Some(true), None])), true),
        ("date", Arc::new(Date32Array::from(vec![Some(-1), None])), true),
        ("decimal", Arc::new(decimals), true),
        ("duration", Arc::new(DurationNanosecondArray::from(vec![Some(5), None])), true),
        ("float", Arc::new(Float32Array::from(vec![Some(0.5), None])), true),
        ("list", Arc::new(list), true),
        ("null", Arc::new(NullArray::new(2)), true),
        ("small", Arc::new(Int32Array::from(vec![Some(-3), None])), true),
        ("structure", Arc::new(structure), false),
        ("tag", Arc::new(tags), true),
        ("time", Arc::new(TimestampMicrosecondArray::from(vec![Some(1), None]).with_timezone("UTC")), true),
        ("unsigned", Arc::new(UInt64Array::from(vec![Some(u64::MAX), None])), true),
        ("view", Arc::new(StringViewArray::from(vec![Some("a text that is longer than a view holds"), None])), true),
    ];
    let rows = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let read = rows_of(whole(ExportOptions::default(), std::slice::from_ref(&rows)));
    assert_eq!(read, [rows]);
}
