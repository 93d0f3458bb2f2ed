//! Tests of encoding: layout and size.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Float64Array, Int64Array, RecordBatch, TimestampNanosecondArray};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::WriterProperties;
use tidewell_types::{FieldType, TableName, TableSchema};

use super::{EncodeOptions, encode};
use crate::sample::{decode, footer, row, schema, segment, table};
use crate::{SegmentError, sort_rows};

const DAY_NS: i64 = 86_400_000_000_000;

/// Servers that report ten measurements every ten seconds, as the TSBS benchmark's "cpu-only" case does.
fn servers(host_count: usize, times: i64) -> (TableSchema, RecordBatch) {
    let mut schema = TableSchema::new();
    for tag in ["region", "os", "hostname"] {
        schema.add_tag(tag).unwrap();
    }
    let row_count = host_count * times as usize;
    let place = |row: usize| (row % host_count, (row / host_count) as i64);
    let tag = |value: &dyn Fn(usize) -> String| -> ArrayRef {
        let values: Vec<String> = (0..row_count).map(|row| value(place(row).0)).collect();
        Arc::new(values.iter().map(|value| Some(value.as_str())).collect::<DictionaryArray<Int32Type>>())
    };
    let mut columns: Vec<(String, ArrayRef)> = vec![
        ("hostname".to_owned(), tag(&|host| format!("host_{host}"))),
        ("os".to_owned(), tag(&|host| format!("Ubuntu16.{}", host % 3))),
        ("region".to_owned(), tag(&|host| format!("eu-central-{}", host % 5))),
        (
            "time".to_owned(),
            Arc::new(TimestampNanosecondArray::from_iter_values(
                (0..row_count).map(|row| 16_800 * DAY_NS + place(row).1 * 10_000_000_000),
            )),
        ),
    ];
    let mut state = 42_u64;
    let mut noise = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    for field in 0..10 {
        let name = format!("usage_{field}");
        let mut levels: Vec<f64> = (0..host_count).map(|host| (host * 7 % 100) as f64).collect();
        let values = (0..row_count).map(|row| {
            let level = &mut levels[place(row).0];
            *level = (*level + 2.0 * noise()).clamp(0.0, 100.0);
            *level
        });
        // Most report whole percents as floats, some counts, some full precision.
        let column: ArrayRef = match field {
            0..6 => Arc::new(values.map(f64::round).collect::<Float64Array>()),
            6..8 => Arc::new(values.map(|value| (value * 1000.0) as i64).collect::<Int64Array>()),
            _ => Arc::new(values.collect::<Float64Array>()),
        };
        let field_type = if matches!(field, 6 | 7) { FieldType::Integer } else { FieldType::Float };
        schema.add_field(&name, field_type).unwrap();
        columns.push((name, column));
    }
    let rows = RecordBatch::try_from_iter(columns).unwrap();
    let sorted = sort_rows(&schema, &[rows]).unwrap();
    (schema, sorted)
}

fn arrow_writer_bytes(rows: &RecordBatch, properties: WriterProperties) -> usize {
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, rows.schema(), Some(properties)).unwrap();
    writer.write(rows).unwrap();
    writer.close().unwrap();
    bytes.len()
}

#[test]
fn encode_server_metrics_is_smaller_than_parquet_defaults() {
    let (schema, rows) = servers(50, 720);
    let hot = encode(&table(), &schema, &rows, &EncodeOptions::hot()).unwrap();
    let cold = encode(&table(), &schema, &rows, &EncodeOptions::cold()).unwrap();
    let default = arrow_writer_bytes(&rows, WriterProperties::default());
    let lz4 = WriterProperties::builder().set_compression(Compression::LZ4_RAW).build();
    let default_lz4 = arrow_writer_bytes(&rows, lz4);
    let zstd = WriterProperties::builder().set_compression(Compression::ZSTD(Default::default())).build();
    let default_zstd = arrow_writer_bytes(&rows, zstd);
    assert_eq!(hot.stats.field_value_count, 50 * 720 * 10);
    let report = [
        ("Parquet defaults", default),
        ("Parquet defaults, LZ4_RAW", default_lz4),
        ("Parquet defaults, ZSTD", default_zstd),
        ("hot segment", hot.bytes.len()),
        ("cold segment", cold.bytes.len()),
    ];
    for (name, bytes) in report {
        eprintln!("{name:26} {bytes:9} bytes {:6.3} bytes per field value", bytes as f64 / 360_000.0);
    }
    assert!(hot.bytes.len() < default_lz4 && hot.bytes.len() < default);
    assert!(cold.bytes.len() < default_zstd && cold.bytes.len() < hot.bytes.len());
}

#[test]
fn encode_columns_have_the_encodings_of_the_format() {
    let (schema, rows) = servers(4, 500);
    let file = encode(&table(), &schema, &rows, &EncodeOptions::hot()).unwrap().bytes;
    let footer = footer(&file);
    for column in footer.parquet().row_group(0).columns() {
        assert_eq!(column.compression(), Compression::LZ4_RAW);
        let encodings: Vec<Encoding> = column.encodings().collect();
        let wanted = match column.column_descr().name() {
            "time" | "usage_6" | "usage_7" => Encoding::DELTA_BINARY_PACKED,
            "hostname" | "os" | "region" | "usage_0" => Encoding::RLE_DICTIONARY,
            _ => continue,
        };
        assert!(encodings.contains(&wanted), "{}: {encodings:?}", column.column_descr().name());
        assert_eq!(column.dictionary_page_offset().is_some(), wanted == Encoding::RLE_DICTIONARY);
        assert!(column.statistics().is_some());
    }
    let created_by = footer.parquet().file_metadata().created_by();
    assert_eq!(created_by, Some(concat!("tidewell ", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn encode_time_is_a_plain_nanosecond_timestamp() {
    use parquet::basic::{LogicalType, TimeUnit};
    let file = segment(&[row("eu", "a", 1, 1.0)], &EncodeOptions::hot()).bytes;
    let footer = footer(&file);
    let columns = footer.parquet().file_metadata().schema_descr();
    let time = columns.columns().iter().find(|column| column.name() == "time").unwrap();
    let Some(LogicalType::Timestamp(timestamp)) = time.logical_type_ref() else {
        panic!("{:?}", time.logical_type_ref())
    };
    assert_eq!((timestamp.is_adjusted_to_u_t_c, timestamp.unit), (false, TimeUnit::NANOS));
}

#[test]
fn encode_sorting_columns_are_tags_then_time() {
    let file = segment(&[row("eu", "a", 1, 1.0)], &EncodeOptions::hot()).bytes;
    let footer = footer(&file);
    let group = footer.parquet().row_group(0);
    let sorting = group.sorting_columns().unwrap();
    let names: Vec<&str> =
        sorting.iter().map(|sorting| group.column(sorting.column_idx as usize).column_descr().name()).collect();
    assert_eq!(names, ["region", "host", "time"]);
    assert!(sorting.iter().all(|sorting| sorting.nulls_first && !sorting.descending));
}

#[test]
fn encode_without_rows_is_refused() {
    let none = sort_rows(&schema(), &[]).unwrap();
    assert!(matches!(encode(&table(), &schema(), &none, &EncodeOptions::hot()), Err(SegmentError::Internal { .. })));
}

#[test]
fn encode_options_out_of_range_are_brought_into_it() {
    let rows: Vec<_> = (0..5).map(|time| row("eu", "a", time, 1.0)).collect();
    let options = EncodeOptions { row_group_rows_max: 0, page_rows_max: 0, ..EncodeOptions::cold() };
    assert_eq!(footer(&segment(&rows, &options).bytes).row_groups().len(), 5);
}

#[test]
fn encode_odd_column_names_read_back() {
    let mut schema = TableSchema::new();
    schema.add_tag("a.b \"c\"").unwrap();
    schema.add_field("", FieldType::Float).unwrap();
    schema.add_field("späte.werte", FieldType::Integer).unwrap();
    let tags: DictionaryArray<Int32Type> = [Some("x"), Some("y")].into_iter().collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("", Arc::new(Float64Array::from(vec![1.0, 2.0]))),
        ("a.b \"c\"", Arc::new(tags)),
        ("späte.werte", Arc::new(Int64Array::from(vec![3, 4]))),
        ("time", Arc::new(TimestampNanosecondArray::from(vec![1, 2]))),
    ];
    let rows = sort_rows(&schema, &[RecordBatch::try_from_iter(columns).unwrap()]).unwrap();
    let table = TableName::new("odd \"name\"/..").unwrap();
    let file: Bytes = encode(&table, &schema, &rows, &EncodeOptions::hot()).unwrap().bytes;
    let footer = footer(&file);
    assert_eq!(footer.metadata().table, table);
    assert_eq!(decode(&file, &footer, &schema.arrow(), None, 10).unwrap(), [rows]);
}
