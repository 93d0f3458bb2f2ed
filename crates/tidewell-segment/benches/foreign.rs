//! How fast foreign Parquet becomes batches, beside pyarrow's `read_table` on the same files.
//!
//! `TIDEWELL_BENCH_ROWS` says how many rows, `TIDEWELL_TEST_PYTHON` which Python has pyarrow.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

#[path = "measure/read.rs"]
mod read;
#[path = "measure/rows.rs"]
mod rows;

use std::path::Path;
use std::time::Duration;

use rows::Taken;

const ROUNDS: usize = 3;
/// Writes the file again as pyarrow does by default, then reads both, each round anew.
const PYARROW: &str = include_str!("foreign.py");

fn main() {
    let is_full = !cfg!(debug_assertions) || std::env::var_os("TIDEWELL_BENCH_FULL").is_some_and(|value| value == "1");
    let rows = std::env::var("TIDEWELL_BENCH_ROWS").ok().and_then(|rows| rows.parse().ok());
    let rows: usize = rows.unwrap_or(if is_full { 10_000_000 } else { 20_000 });
    let folder = std::env::temp_dir().join(format!("tidewell-bench-foreign-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (ours, theirs) = (folder.join("tidewell.parquet"), folder.join("pyarrow.parquet"));
    read::write_file(&ours, rows);
    let peers = rows::peers(PYARROW, &[ours.to_str().unwrap(), theirs.to_str().unwrap(), &ROUNDS.to_string()]);
    for (name, path) in [("written by tidewell", &ours), ("written by pyarrow", &theirs)] {
        if path.exists() {
            println!("{rows} rows, {name}");
            measure(path, rows, &peers);
        }
    }
    let _ = std::fs::remove_dir_all(&folder);
}

fn measure(path: &Path, rows: usize, peers: &[Vec<String>]) {
    let file_bytes = std::fs::metadata(path).unwrap().len();
    let mut fastest = Vec::new();
    for threads in [1, 2] {
        let round = |_| {
            let (count, taken) = rows::taken(|| read::read_file(path, threads));
            assert_eq!(count, rows as u64);
            taken
        };
        let taken = (0..ROUNDS).map(round).min_by_key(|taken| taken.time).unwrap();
        println!("{}", rows::line(&format!("tidewell, {threads} threads"), rows, taken, file_bytes));
        fastest.push(taken.time.as_secs_f64());
    }
    for peer in peers {
        let [file, name, seconds, peak_mib] = peer.as_slice() else { continue };
        if Path::new(file) == path {
            let seconds: f64 = seconds.parse().unwrap();
            let taken = Taken { time: Duration::from_secs_f64(seconds), peak_mib: peak_mib.parse().unwrap() };
            let line = rows::line(name, rows, taken, file_bytes);
            println!(
                "{line}  {:>5.2}x of it on one thread, {:>5.2}x on two",
                seconds / fastest[0],
                seconds / fastest[1]
            );
        }
    }
}
