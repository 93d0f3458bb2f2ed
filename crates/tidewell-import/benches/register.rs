//! Files in place as rows of a table: their metadata and one commit, against what PyArrow, DuckDB and Polars do to take the same
//! files for one table and say how many rows it has.
//!
//! `TIDEWELL_BENCH_ROWS` is the number of rows (10 000 000) in 1000 files, `TIDEWELL_TEST_PYTHON` names a Python with `pyarrow`,
//! `duckdb` and `polars`; each runs in a process of its own, and the best of `TIDEWELL_BENCH_ROUNDS` (3) counts. The peers forget what they read when they end; the
//! registration stays.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, missing_docs)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, Int32Array, RecordBatch, StringArray, TimestampNanosecondArray,
};
use tidewell_env::Env;
use tidewell_import::{Source, find, foreign_files};
use tidewell_manifest::{Author, Candidate, Intent, Manifest, State};
use tidewell_segment::ParquetExport;
use tidewell_segment::foreign::ForeignOptions;
use tidewell_storage::{Store, StoreOptions, StoreUrl, Usage};
use tidewell_types::{DatabaseName, TableName, TableSchema};

const FILES: i64 = 1000;
const HOSTS: i64 = 1000;
const CONCURRENCY: usize = 16;
const PEERS: &str = r#"
import resource, sys, time
peer, folder = sys.argv[1:3]
if peer == "pyarrow":
    import pyarrow.dataset as ds
    begin = time.perf_counter()
    rows = ds.dataset(folder, format="parquet").count_rows()
elif peer == "duckdb":
    import duckdb
    con = duckdb.connect()
    begin = time.perf_counter()
    con.execute(f"CREATE VIEW m AS SELECT * FROM read_parquet('{folder}/*.parquet')")
    rows = con.execute("SELECT count(*) FROM m").fetchone()[0]
elif peer == "polars":
    import polars as pl
    begin = time.perf_counter()
    rows = pl.scan_parquet(f"{folder}/*.parquet").select(pl.len()).collect().item()
print(time.perf_counter() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, rows)
"#;

fn number(variable: &str, default: i64) -> i64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn batch(from: i64, count: i64) -> RecordBatch {
    let rows = || from..from + count;
    let names: StringArray = (0..HOSTS).map(|host| Some(format!("host-{host:04}"))).collect();
    let keys = Int32Array::from_iter_values(rows().map(|row| (row % HOSTS) as i32));
    let columns: [(&str, ArrayRef); 3] = [
        ("time", Arc::new(TimestampNanosecondArray::from_iter_values(rows().map(|row| row / HOSTS * 10_000_000_000)))),
        ("host", Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::new(names)))),
        ("usage", Arc::new(Float64Array::from_iter_values(rows().map(|row| (row * 7 % 10_000) as f64 / 100.0)))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn write_files(folder: &Path, files: i64, rows: i64) {
    for file in 0..files {
        let rows = batch(file * rows, rows);
        let mut export = ParquetExport::new(&rows.schema()).unwrap();
        export.write(&rows).unwrap();
        std::fs::write(folder.join(format!("{file:04}.parquet")), export.finish().unwrap()).unwrap();
    }
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or_default() / 1024
}

fn register(files: &Path, target: &Path) -> (Duration, u64, Usage) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let env = Env::system();
        let store = Store::open(&StoreUrl::Folder(target.to_owned()), env.clone(), &StoreOptions::default()).unwrap();
        let manifest = Manifest::open(store.clone(), env.clone(), DatabaseName::new("d").unwrap()).await.unwrap();
        let options =
            ForeignOptions { time_fallback: true, tags: vec!["host".to_owned()], ..ForeignOptions::default() };
        let begin = env.monotonic();
        let source = Source::Local(files.to_str().unwrap().to_owned());
        let files = find(&[source], "parquet", &env).await.unwrap();
        let found = foreign_files(&env, &files, &options, true, CONCURRENCY, &TableSchema::new()).await;
        assert!(found.failures.is_empty(), "{:?}", found.failures);
        assert_eq!(found.files.len(), files.len());
        let candidates: Vec<Candidate> =
            found.files.iter().map(|file| file.candidate(env.segment_id(), false)).collect();
        let rows = candidates.iter().map(|candidate| candidate.row_count).sum();
        let (writer, table) = (env.writer_id(), TableName::new("m").unwrap());
        let intend = move |state: &State| {
            let author = Author { generation: state.open_generation(), writer };
            Intent::register(state, author, &table, &candidates)
        };
        manifest.commit(intend).await.unwrap();
        (env.monotonic() - begin, rows, store.meter().snapshot())
    })
}

fn peer(python: &str, name: &str, folder: &Path, row_count: u64) -> Option<(f64, u64)> {
    let run = Command::new(python).args(["-c", PEERS, name]).arg(folder).output().ok()?;
    if !run.status.success() {
        println!("{name:<9} {}", String::from_utf8_lossy(&run.stderr).lines().last().unwrap_or("ended without a word"));
        return None;
    }
    let text = String::from_utf8_lossy(&run.stdout).into_owned();
    let mut words = text.split_whitespace();
    let (seconds, mib) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    assert_eq!(words.next()?.parse::<u64>().ok()?, row_count, "{name}");
    Some((seconds, mib))
}

fn main() {
    let is_test = std::env::args().any(|argument| argument == "--test");
    let files = if is_test { 20 } else { FILES };
    let rows = number("TIDEWELL_BENCH_ROWS", if is_test { 2_000 } else { 10_000_000 }) / files;
    let rounds = number("TIDEWELL_BENCH_ROUNDS", if is_test { 1 } else { 3 });
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("files");
    std::fs::create_dir(&source).unwrap();
    // In a process of its own, whose memory is not counted.
    match std::env::args().nth(1).as_deref() {
        Some("write") => return write_files(Path::new(&std::env::args().nth(2).unwrap()), files, rows),
        _ => {
            let myself = std::env::current_exe().unwrap();
            let mut writer = Command::new(myself);
            writer.arg("write").arg(&source).args(is_test.then_some("--test"));
            assert!(writer.status().unwrap().success());
        }
    }
    let runs: Vec<_> =
        (0..rounds).map(|round| register(&source, &folder.path().join(format!("store-{round}")))).collect();
    let (best, row_count, usage) = runs.iter().min_by_key(|run| run.0).cloned().unwrap();
    let (seconds, peak) = (best.as_secs_f64(), peak_mib());
    println!("{files} files, {row_count} rows");
    println!(
        "tidewell  {seconds:>8.3} s  {:>12.0} rows/s  {peak:>5} MiB  commit: {} requests",
        row_count as f64 / seconds,
        usage.requests()
    );
    assert!(seconds < 10.0, "{seconds} s to register {files} files");
    let Ok(python) = std::env::var("TIDEWELL_TEST_PYTHON") else {
        println!("no peers: TIDEWELL_TEST_PYTHON names no Python");
        return;
    };
    for name in ["pyarrow", "duckdb", "polars"] {
        let runs: Vec<(f64, u64)> = (0..rounds).filter_map(|_| peer(&python, name, &source, row_count)).collect();
        let Some(best) = runs.iter().map(|run| run.0).min_by(f64::total_cmp) else {
            println!("{name:<9} is not installed, or failed");
            continue;
        };
        let mib = runs.iter().map(|run| run.1).max().unwrap_or_default();
        println!(
            "{name:<9} {best:>8.3} s  {:>12.0} rows/s  {mib:>5} MiB  tidewell is {:.2}x as fast in 1/{:.2} of the memory",
            row_count as f64 / best,
            best / seconds,
            mib as f64 / peak.max(1) as f64
        );
    }
}
