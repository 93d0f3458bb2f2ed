//! Rows of a Parquet file to sorted segments, against "read, sort, write Parquet" of PyArrow, DuckDB and Polars.
//!
//! `TIDEWELL_BENCH_ROWS` is the number of rows (1 000 000), `TIDEWELL_TEST_PYTHON` names a Python with `pyarrow`, `duckdb` and
//! `polars`; each peer runs in a process of its own, once it is installed, and the best of `TIDEWELL_BENCH_ROUNDS` (3) counts.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, missing_docs)]

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray,
};
use tidewell_env::Env;
use tidewell_import::{Format, ImportOptions, Importer, Progress, Source, find};
use tidewell_manifest::Manifest;
use tidewell_segment::ParquetExport;
use tidewell_segment::foreign::ForeignOptions;
use tidewell_storage::{Store, StoreOptions, StoreUrl};
use tidewell_types::{DatabaseName, TableName};

const HOSTS: i64 = 1000;
const BATCH_ROWS: i64 = 100_000;
const PEERS: &str = r#"
import resource, sys, time
peer, source, target = sys.argv[1:4]
if peer == "pyarrow":
    import pyarrow as pa, pyarrow.parquet as pq
    begin = time.perf_counter()
    rows = pq.read_table(source)
    # It sorts no dictionaries.
    rows = rows.set_column(rows.schema.get_field_index("host"), "host", rows["host"].cast(pa.string()))
    rows = rows.sort_by([("host", "ascending"), ("time", "ascending")])
    pq.write_table(rows, target, compression="lz4")
elif peer == "duckdb":
    import duckdb
    con = duckdb.connect()
    begin = time.perf_counter()
    con.execute(f"COPY (SELECT * FROM read_parquet('{source}') ORDER BY host, time) TO '{target}' (FORMAT parquet, COMPRESSION lz4_raw)")
elif peer == "polars":
    import polars as pl
    begin = time.perf_counter()
    pl.read_parquet(source).sort("host", "time").write_parquet(target, compression="lz4")
print(time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"#;

fn number(variable: &str, default: i64) -> i64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Rows as a scraper leaves them: in order of time, every host once an instant.
fn batch(from: i64, count: i64) -> RecordBatch {
    let rows = || from..from + count;
    let names: StringArray = (0..HOSTS).map(|host| Some(format!("host-{host:04}"))).collect();
    let keys = Int32Array::from_iter_values(rows().map(|row| (row * 7 % HOSTS) as i32));
    let mix = |row: i64| (row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let columns: [(&str, ArrayRef); 6] = [
        ("time", Arc::new(TimestampNanosecondArray::from_iter_values(rows().map(|row| row / HOSTS * 10_000_000_000)))),
        ("host", Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::new(names)))),
        ("usage", Arc::new(Float64Array::from_iter_values(rows().map(|row| (mix(row) % 10_000) as f64 / 100.0)))),
        ("load", Arc::new(Float64Array::from_iter_values(rows().map(|row| (mix(row + 1) % 800) as f64 / 100.0)))),
        ("requests", Arc::new(Int64Array::from_iter_values(rows().map(|row| row / HOSTS * 3 + (mix(row) % 5) as i64)))),
        ("errors", Arc::new(Int64Array::from_iter_values(rows().map(|row| i64::from(mix(row) % 100 == 0))))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn write_source(path: &Path, row_count: i64) {
    let mut file = File::create(path).unwrap();
    let mut export = ParquetExport::new(&batch(0, 1).schema()).unwrap();
    for from in (0..row_count).step_by(BATCH_ROWS as usize) {
        export.write(&batch(from, BATCH_ROWS.min(row_count - from))).unwrap();
        file.write_all(&export.take_bytes()).unwrap();
    }
    file.write_all(&export.finish().unwrap()).unwrap();
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default() / 1024
}

fn import(source: &Path, target: &Path, row_count: i64) -> Duration {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let env = Env::system();
        let store = Store::open(&StoreUrl::Folder(target.to_owned()), env.clone(), &StoreOptions::default()).unwrap();
        let manifest = Manifest::open(store.clone(), env.clone(), DatabaseName::new("d").unwrap()).await.unwrap();
        let foreign =
            ForeignOptions { time_fallback: true, tags: vec!["host".to_owned()], ..ForeignOptions::default() };
        let options = ImportOptions::new(TableName::new("m").unwrap(), Format::Parquet(foreign));
        let begin = env.monotonic();
        let source = Source::Local(source.to_str().unwrap().to_owned());
        let files = find(&[source], "parquet", &env).await.unwrap();
        let summary =
            Importer::new(store, env.clone(), manifest).run(&files, &options, &Arc::new(Progress::new())).await;
        let summary = summary.unwrap();
        assert_eq!((summary.rows_imported, summary.failures.len()), (row_count as u64, 0), "{summary:?}");
        env.monotonic() - begin
    })
}

fn peer(python: &str, name: &str, source: &Path, target: &Path) -> Option<(f64, u64)> {
    let run = Command::new(python).args(["-c", PEERS, name]).arg(source).arg(target).output().ok()?;
    let text = String::from_utf8_lossy(&run.stdout).into_owned();
    // Some draw a bar of progress before.
    let mut words = text.lines().last().unwrap_or_default().split_whitespace();
    if !run.status.success() {
        let said = String::from_utf8_lossy(&run.stderr).into_owned();
        println!("{name:<9} {}", said.lines().last().unwrap_or("ended without a word"));
    }
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

fn main() {
    let is_test = std::env::args().any(|argument| argument == "--test");
    let row_count = number("TIDEWELL_BENCH_ROWS", if is_test { 20_000 } else { 1_000_000 });
    let rounds = number("TIDEWELL_BENCH_ROUNDS", if is_test { 1 } else { 3 });
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source.parquet");
    write_source(&source, row_count);
    let ours = (0..rounds).map(|round| import(&source, &folder.path().join(format!("store-{round}")), row_count)).min();
    let ours = ours.unwrap_or_default().as_secs_f64();
    let peak = peak_mib();
    println!("tidewell  {:>10.0} rows/s  {peak:>5} MiB", row_count as f64 / ours);
    let Ok(python) = std::env::var("TIDEWELL_TEST_PYTHON") else {
        println!("no peers: TIDEWELL_TEST_PYTHON names no Python");
        return;
    };
    for name in ["pyarrow", "duckdb", "polars"] {
        let target = folder.path().join("peer.parquet");
        let runs: Vec<(f64, u64)> = (0..rounds).filter_map(|_| peer(&python, name, &source, &target)).collect();
        let Some(best) = runs.iter().map(|run| run.0).min_by(f64::total_cmp) else {
            println!("{name:<9} is not installed, or failed");
            continue;
        };
        let mib = runs.iter().map(|run| run.1).max().unwrap_or_default();
        let (speed, memory) = (best / ours, mib as f64 / peak.max(1) as f64);
        println!(
            "{name:<9} {:>10.0} rows/s  {mib:>5} MiB  tidewell is {speed:.2}x as fast in 1/{memory:.2} of the memory",
            row_count as f64 / best
        );
    }
}
