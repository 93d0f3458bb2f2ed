//! Dictionaries written here, read back by the library.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, UInt16Type, UInt64Type};
use arrow_array::{Array, ArrayRef, DictionaryArray, PrimitiveArray, RecordBatch, StringArray};
use arrow_schema::{Field, Schema};
use arrow_select::take::take;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::statistics::Statistics;

use crate::{ExportCompression, ExportOptions, ParquetExport};

type Texts = Vec<Option<String>>;

fn texts(column: &ArrayRef) -> Texts {
    let column = column.as_any_dictionary();
    let texts = take(column.values(), column.keys(), None).unwrap();
    texts.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect()
}

fn export(columns: &[ArrayRef], is_nullable: bool) -> Result<Bytes, crate::ExportError> {
    let field = Field::new("tag", columns[0].data_type().clone(), is_nullable);
    let schema = Arc::new(Schema::new(vec![field]));
    let options =
        ExportOptions { compression: ExportCompression::Lz4, row_group_rows_max: 100_000, ..ExportOptions::default() };
    let mut export = ParquetExport::with_options(&schema, options)?;
    for column in columns {
        export.write(&RecordBatch::try_new(Arc::clone(&schema), vec![Arc::clone(column)]).unwrap())?;
    }
    Ok(export.finish()?.into())
}

fn read(file: &Bytes) -> (Texts, Vec<Statistics>) {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file.clone()).unwrap();
    let groups = builder.metadata().row_groups().iter();
    let statistics = groups.map(|group| group.column(0).statistics().unwrap().clone()).collect();
    let batches = builder.build().unwrap().map(|batch| texts(batch.unwrap().column(0)));
    (batches.flatten().collect(), statistics)
}

fn check(columns: &[ArrayRef]) -> Vec<Statistics> {
    let (read, statistics) = read(&export(columns, true).unwrap());
    assert_eq!(read, columns.iter().flat_map(texts).collect::<Texts>());
    statistics
}

fn column<K: ArrowDictionaryKeyType>(keys: Vec<Option<K::Native>>, values: Vec<Option<&str>>) -> ArrayRef {
    let keys: PrimitiveArray<K> = keys.into_iter().collect();
    Arc::new(DictionaryArray::new(keys, Arc::new(StringArray::from(values))))
}

#[test]
fn tags_of_several_dictionaries_and_nulls_come_back() {
    let statistics = check(&[
        column::<Int32Type>(vec![Some(1), Some(0), Some(1)], vec![Some("b"), Some("a")]),
        column::<Int32Type>(vec![None, Some(0), Some(2), Some(1)], vec![Some("c"), None, Some("a")]),
        column::<Int32Type>(vec![Some(0)], vec![Some("")]),
    ]);
    let [statistics] = statistics.as_slice() else { panic!("{statistics:?}") };
    assert_eq!((statistics.min_bytes_opt(), statistics.max_bytes_opt()), (Some(&b""[..]), Some(&b"c"[..])));
    assert_eq!(statistics.null_count_opt(), Some(2));
}

#[test]
fn tags_that_are_all_null_or_all_one_come_back() {
    let [statistics] = check(&[column::<Int32Type>(vec![None; 70_000], vec![])]).try_into().unwrap();
    assert_eq!((statistics.min_bytes_opt(), statistics.null_count_opt()), (None, Some(70_000)));
    check(&[column::<Int32Type>(vec![Some(0); 70_000], vec![Some("x")])]);
}

#[test]
fn tags_of_many_pages_row_groups_and_values_come_back() {
    let values: Vec<String> = (0..3000).map(|value| format!("value {value}")).collect();
    let values: Vec<Option<&str>> = values.iter().map(|value| Some(value.as_str())).collect();
    let keys = |seed: u64| (0..90_000_u64).map(move |row| (row * seed / 7 % 3000) as i32);
    let whole = column::<Int32Type>(keys(11).map(Some).collect(), values.clone());
    let holes = column::<Int32Type>(keys(5).map(|key| (key % 13 > 0).then_some(key)).collect(), values);
    let statistics = check(&[whole.slice(3, 80_000), holes.slice(1, 60_000), whole]);
    assert_eq!(statistics.len(), 3);
}

#[test]
fn tags_with_keys_of_every_width_come_back() {
    let values = vec![Some("a"), Some("b")];
    check(&[column::<Int8Type>(vec![Some(1), None, Some(0)], values.clone())]);
    check(&[column::<Int16Type>(vec![Some(1), None, Some(0)], values.clone())]);
    check(&[column::<Int64Type>(vec![Some(1), None, Some(0)], values.clone())]);
    check(&[column::<UInt16Type>(vec![Some(1), None, Some(0)], values.clone())]);
    check(&[column::<UInt64Type>(vec![Some(1), None, Some(0)], values)]);
}

#[test]
fn tags_that_may_not_be_null_have_no_levels_and_refuse_null() {
    let whole = column::<Int32Type>(vec![Some(0), Some(1)], vec![Some("a"), Some("b")]);
    let file = export(&[Arc::clone(&whole)], false).unwrap();
    assert_eq!(read(&file).0, texts(&whole));
    let hidden = column::<Int32Type>(vec![Some(0), Some(1)], vec![Some("a"), None]);
    assert!(export(&[hidden], false).unwrap_err().to_string().contains("\"tag\" has NULLs"));
}

#[test]
fn tags_with_long_values_have_no_bounds() {
    let long = "x".repeat(5000);
    let [statistics] = check(&[column::<Int32Type>(vec![Some(0)], vec![Some(&long)])]).try_into().unwrap();
    assert_eq!((statistics.min_bytes_opt(), statistics.max_bytes_opt()), (None, None));
}
