//! The rows that are measured, and what a process takes.

use std::sync::Arc;
use std::time::{Duration, Instant};

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

/// What a piece of work took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) time: Duration,
    /// Memory at the most, above what was held before; 0 where the system does not say.
    pub(crate) peak_mib: u64,
}

/// Runs `work` and measures it.
pub(crate) fn taken<T>(work: impl FnOnce() -> T) -> (T, Taken) {
    // Linux: makes the peak what is held.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = status_kib("VmRSS:");
    let start = Instant::now();
    let output = work();
    let time = start.elapsed();
    let peak_mib = status_kib("VmHWM:").saturating_sub(before) / 1024;
    (output, Taken { time, peak_mib })
}

fn status_kib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// The Python with the peers, by `TIDEWELL_TEST_PYTHON`.
pub(crate) fn python() -> String {
    std::env::var("TIDEWELL_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// The lines that a script prints, told apart by blanks; empty, said on stdout, where it cannot run.
pub(crate) fn peers(script: &str, arguments: &[&str]) -> Vec<Vec<String>> {
    let output = std::process::Command::new(python()).arg("-c").arg(script).args(arguments).output();
    match output {
        Err(error) => println!("peers skipped: {} does not run: {error}", python()),
        Ok(output) => {
            if !output.status.success() {
                println!("peers failed: {}", String::from_utf8_lossy(&output.stderr));
            }
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            return text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect();
        }
    }
    Vec::new()
}

/// One line of a report.
pub(crate) fn line(name: &str, rows: usize, taken: Taken, file_bytes: u64) -> String {
    let rate = rows as f64 / taken.time.as_secs_f64() / 1e6;
    let (seconds, file_mb) = (taken.time.as_secs_f64(), file_bytes as f64 / 1e6);
    format!("{name:<34} {seconds:>7.3} s {rate:>8.2} M rows/s  peak +{:>5} MiB  file {file_mb:>7.1} MB", taken.peak_mib)
}
