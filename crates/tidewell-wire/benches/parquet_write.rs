//! How fast batches become a Parquet file, beside pyarrow, DuckDB and Polars on the same rows, codec and machine.
//!
//! `TIDEWELL_BENCH_ROWS` says how many rows, `TIDEWELL_TEST_PYTHON` which Python has the peers.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

#[path = "../../tidewell-segment/benches/measure/rounds.rs"]
mod rounds;
#[path = "../../tidewell-segment/benches/measure/rows.rs"]
mod rows;
#[path = "measure/write.rs"]
mod write;

use std::path::Path;

use arrow_array::RecordBatch;
use rounds::Taken;
use tidewell_wire::{ExportCompression, ExportOptions};

const THREADS: usize = 2;
const PEERS: &str = include_str!("parquet_write.py");
const PEER_NAMES: [&str; 6] = ["pyarrow", "pyarrow-strings", "duckdb", "duckdb-enum", "polars", "polars-categorical"];
const CODECS: [(&str, ExportCompression); 4] = [
    ("zstd", ExportCompression::Zstd(1)),
    ("snappy", ExportCompression::Snappy),
    ("lz4", ExportCompression::Lz4),
    ("none", ExportCompression::None),
];

fn main() {
    if let Some(one) = rounds::one() {
        return measure_one(&one);
    }
    let count = rounds::row_count();
    let folder = std::env::temp_dir().join(format!("tidewell-bench-write-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (input, output) = (folder.join("input.parquet"), folder.join("output.parquet"));
    let plain = ExportOptions { compression: ExportCompression::None, ..ExportOptions::default() };
    write::in_turn(&input, &rows::batches(count), plain);
    let paths = [input.to_str().unwrap(), output.to_str().unwrap()];
    let peers = match Taken::by_python(PEERS, &["convert", paths[0], paths[1], "none"]) {
        Some(_) => PEER_NAMES.as_slice(),
        None => &[],
    };
    for (codec, _) in CODECS {
        println!("{count} rows, {codec}");
        let mut fastest = Vec::new();
        for threads in [1, THREADS] {
            let one = format!("{codec},{threads},{count},{}", output.display());
            let taken = Taken::by_own_process(&one);
            println!("{}", taken.line(&format!("tidewell, {threads} threads"), count, &output));
            fastest.push(taken.seconds);
        }
        for peer in peers {
            let Some(taken) = Taken::by_python(PEERS, &[peer, paths[0], paths[1], codec]) else { continue };
            let line = taken.line(peer, count, &output);
            let [one, two] = [fastest[0], fastest[1]].map(|fastest| taken.seconds / fastest);
            println!("{line}  tidewell {one:>5.2}x on one thread, {two:>5.2}x on two");
        }
    }
    let _ = std::fs::remove_dir_all(&folder);
}

/// Measures one way to write: codec, threads, rows and output, told apart by commas.
fn measure_one(one: &str) {
    let [codec, threads, count, output] = one.splitn(4, ',').collect::<Vec<_>>()[..] else { panic!("{one}") };
    let compression = CODECS.into_iter().find(|(name, _)| *name == codec).unwrap().1;
    let options = ExportOptions { compression, ..ExportOptions::default() };
    let batches = rows::batches(count.parse().unwrap());
    let threads: usize = threads.parse().unwrap();
    rounds::measure(|| write_file(Path::new(output), &batches, options, threads));
}

fn write_file(output: &Path, batches: &[RecordBatch], options: ExportOptions, threads: usize) {
    match threads {
        1 => write::in_turn(output, batches, options),
        _ => write::by_crew(output, batches, options, threads),
    }
}
