//! How fast CSV is read to typed columns: beside the `csv` crate and the standard library's parsers on the same bytes, and
//! ten million rows beside Polars, DuckDB and pyarrow.
//!
//! The others run in the Python that `TIDEWELL_TEST_PYTHON` names. Every reader has a process of its own, reads a file
//! that lies in the page cache, with as many threads as it likes (ours: two), and ends with all rows in Arrow memory;
//! rounds go in turn, and the fastest of each counts. They read texts as texts and dates as what they find; ours reads the
//! two texts as dictionaries and the time as nanoseconds, which is what an import wants. The line `ours, streaming` is the
//! same work for a consumer that lets go of each batch, whose peak is what an import takes.
//!
//! `TIDEWELL_BENCH_ROWS` and `TIDEWELL_BENCH_ROUNDS` say how much.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

#[path = "measure/peers.rs"]
mod peers;
#[path = "measure/shapes.rs"]
mod shapes;
#[path = "measure/side_by_side.rs"]
mod side_by_side;
#[path = "measure/table.rs"]
mod table;
#[path = "measure/two_threads.rs"]
mod two_threads;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use peers::{Outcome, PEERS, cpu_seconds, resident_bytes, run_peer};
use shapes::Shape;
use side_by_side::Sizes;
use table::{Times, write_table};
use two_threads::{Keep, read_table};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, verb, path, keep] = arguments.as_slice()
        && verb == "read"
    {
        return print_reading(Path::new(path), if keep == "all" { Keep::All } else { Keep::Nothing });
    }
    let is_full = !cfg!(debug_assertions) || std::env::var_os("TIDEWELL_BENCH_FULL").is_some_and(|value| value == "1");
    if std::env::var_os("TIDEWELL_BENCH_PEERS_ONLY").is_none() {
        println!("{}", side_by_side::HEADER);
        for shape in Shape::ALL {
            println!("{}", side_by_side::compare(shape, if is_full { Sizes::FULL } else { Sizes::SMALL }));
        }
    }
    for times in Times::ALL {
        beside_others(times, count("TIDEWELL_BENCH_ROWS", if is_full { 10_000_000 } else { 20_000 }));
    }
}

fn count(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Measures all readers on one file.
fn beside_others(times: Times, rows: u64) {
    let path = std::env::temp_dir().join(format!("tidewell-read-csv-{}.csv", std::process::id()));
    let bytes = write_table(&path, times, rows);
    println!("\n{} rows, {} MB, {}", rows, bytes / 1_000_000, times.name());
    println!("{}", peers::HEADER);
    let mut fastest: BTreeMap<usize, Outcome> = BTreeMap::new();
    for _ in 0..count("TIDEWELL_BENCH_ROUNDS", 3) {
        let ours = [run_self("ours", &path, "all"), run_self("ours, streaming", &path, "nothing")];
        let theirs = PEERS.iter().filter_map(|peer| run_peer(peer, &path));
        for (place, outcome) in ours.into_iter().chain(theirs).enumerate() {
            match fastest.get(&place) {
                Some(before) if before.seconds <= outcome.seconds => {}
                _ => drop(fastest.insert(place, outcome)),
            }
        }
    }
    std::fs::remove_file(&path).unwrap();
    let ours = fastest[&0].clone();
    for outcome in fastest.values() {
        outcome.assert_like(&ours);
        println!("{}", outcome.line(&ours));
    }
}

fn run_self(name: &str, path: &Path, keep: &str) -> Outcome {
    let output = Command::new(std::env::current_exe().unwrap()).arg("read").arg(path).arg(keep).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Outcome::from_json(name, &String::from_utf8(output.stdout).unwrap()).unwrap()
}

fn print_reading(path: &Path, keep: Keep) {
    let start_bytes = resident_bytes("VmRSS");
    let cpu_start_s = cpu_seconds();
    let (sums, time) = read_table(path, keep);
    let cpu_s = cpu_seconds() - cpu_start_s;
    let said = serde_json::json!({
        "seconds": time.as_secs_f64(), "cpu_seconds": cpu_s, "peak_bytes": resident_bytes("VmHWM"), "start_bytes": start_bytes,
        "rows": sums.rows, "floats": sums.floats, "integers": sums.integers, "first_ms": sums.first_ms,
        "last_ms": sums.last_ms,
    });
    println!("{said}");
}
