//! How fast batches become a Parquet file, beside pyarrow, DuckDB and Polars on the same rows, codec and machine.
//!
//! `TIDEWELL_BENCH_ROWS` says how many rows, `TIDEWELL_TEST_PYTHON` which Python has the peers.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

#[path = "../../tidewell-segment/benches/measure/rows.rs"]
mod rows;
#[path = "measure/write.rs"]
mod write;

use std::time::Duration;

use rows::Taken;
use tidewell_wire::{ExportCompression, ExportOptions};

const ROUNDS: usize = 3;
const THREADS: usize = 2;
/// Each peer in a process of its own, with the rows in memory before it is timed.
const PEERS: &str = include_str!("parquet_write.py");
const CODECS: [(&str, ExportCompression); 4] = [
    ("zstd", ExportCompression::Zstd(1)),
    ("snappy", ExportCompression::Snappy),
    ("lz4", ExportCompression::Lz4),
    ("none", ExportCompression::None),
];

fn main() {
    let is_full = !cfg!(debug_assertions) || std::env::var_os("TIDEWELL_BENCH_FULL").is_some_and(|value| value == "1");
    let count = std::env::var("TIDEWELL_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok());
    let count: usize = count.unwrap_or(if is_full { 10_000_000 } else { 20_000 });
    let folder = std::env::temp_dir().join(format!("tidewell-bench-write-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (input, output) = (folder.join("input.parquet"), folder.join("output.parquet"));
    let plain = ExportOptions { compression: ExportCompression::None, ..ExportOptions::default() };
    let batches = rows::batches(count);
    write::in_turn(&input, &batches, plain);
    for (codec, compression) in CODECS {
        println!("{count} rows, {codec}");
        let options = ExportOptions { compression, ..ExportOptions::default() };
        let mut fastest = Vec::new();
        for threads in [1, THREADS] {
            let round = |_| {
                let work = || match threads {
                    1 => write::in_turn(&output, &batches, options),
                    _ => write::by_crew(&output, &batches, options, threads),
                };
                rows::taken(work).1
            };
            let taken = (0..ROUNDS).map(round).min_by_key(|taken| taken.time).unwrap();
            let file_bytes = std::fs::metadata(&output).unwrap().len();
            println!("{}", rows::line(&format!("tidewell, {threads} threads"), count, taken, file_bytes));
            fastest.push(taken.time.as_secs_f64());
        }
        for peer in ["pyarrow", "pyarrow-strings", "duckdb", "duckdb-enum", "polars", "polars-categorical"] {
            let paths = [input.to_str().unwrap(), output.to_str().unwrap()];
            let lines = rows::peers(PEERS, &[peer, paths[0], paths[1], codec, &ROUNDS.to_string()]);
            let [seconds, peak_mib] = lines.first().map(Vec::as_slice).unwrap_or_default() else { continue };
            let seconds: f64 = seconds.parse().unwrap();
            let taken = Taken { time: Duration::from_secs_f64(seconds), peak_mib: peak_mib.parse().unwrap() };
            let line = rows::line(peer, count, taken, std::fs::metadata(&output).unwrap().len());
            println!(
                "{line}  tidewell {:>5.2}x on one thread, {:>5.2}x on two",
                seconds / fastest[0],
                seconds / fastest[1]
            );
        }
    }
    let _ = std::fs::remove_dir_all(&folder);
}
