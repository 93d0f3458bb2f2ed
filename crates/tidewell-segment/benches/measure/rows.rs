//! The rows that are measured.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// Rows of a batch, as a query gives them.
pub(crate) const BATCH_ROWS: usize = 8192;
const HOSTS: usize = 1000;
const REGIONS: usize = 20;

/// Time, two tags, two floats and two integers.
pub(crate) fn schema() -> SchemaRef {
    let tag = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    Arc::new(Schema::new(vec![
        Field::new("timestamp", DataType::Timestamp(TimeUnit::Nanosecond, None), false),
        Field::new("host", tag.clone(), true),
        Field::new("region", tag, true),
        Field::new("load", DataType::Float64, true),
        Field::new("pressure", DataType::Float64, true),
        Field::new("bytes", DataType::Int64, true),
        Field::new("state", DataType::Int64, true),
    ]))
}

/// So many rows: a thousand hosts report every ten seconds; batches share their dictionaries.
pub(crate) fn batches(rows: usize) -> Vec<RecordBatch> {
    let names = |prefix: &str, count: usize| -> ArrayRef {
        Arc::new(StringArray::from_iter_values((0..count).map(|at| format!("{prefix}-{at:04}.example.net"))))
    };
    let (hosts, regions) = (names("host", HOSTS), names("region", REGIONS));
    let mut state = 42_u64;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    };
    let mut counters = vec![0_i64; HOSTS];
    let mut pressures = vec![1013.25_f64; HOSTS];
    let mut batch = |first: usize| {
        let rows = first..(first + BATCH_ROWS).min(rows);
        let host = |row: usize| row % HOSTS;
        let tag = |keys: Vec<i32>, values: &ArrayRef| -> ArrayRef {
            Arc::new(DictionaryArray::<Int32Type>::new(Int32Array::from(keys), Arc::clone(values)))
        };
        let time = |row: usize| 1_700_000_000_000_000_000 + (row / HOSTS) as i64 * 10_000_000_000;
        let (mut load, mut pressure) = (Vec::new(), Vec::new());
        let (mut bytes, mut status) = (Vec::new(), Vec::new());
        for row in rows.clone() {
            load.push((next() % 10_000) as f64 / 100.0);
            pressures[host(row)] += (next() as f64 / f64::from(u32::MAX) - 0.25) * 0.1;
            pressure.push(pressures[host(row)]);
            counters[host(row)] += (next() % 1_500_000) as i64;
            bytes.push(counters[host(row)]);
            status.push(if next() % 50 == 0 { 1 } else { 0 });
        }
        let columns: Vec<ArrayRef> = vec![
            Arc::new(TimestampNanosecondArray::from_iter_values(rows.clone().map(time))),
            tag(rows.clone().map(|row| host(row) as i32).collect(), &hosts),
            tag(rows.map(|row| (host(row) % REGIONS) as i32).collect(), &regions),
            Arc::new(Float64Array::from(load)),
            Arc::new(Float64Array::from(pressure)),
            Arc::new(Int64Array::from(bytes)),
            Arc::new(Int64Array::from(status)),
        ];
        RecordBatch::try_new(schema(), columns).unwrap()
    };
    (0..rows).step_by(BATCH_ROWS).map(&mut batch).collect()
}
