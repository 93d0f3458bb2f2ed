//! The bench of foreign files, small: it runs, and gives the rows back.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

#[path = "../benches/measure/read.rs"]
mod read;
#[path = "../benches/measure/rows.rs"]
#[allow(dead_code, reason = "the bench compares with peers")]
mod rows;

use std::path::PathBuf;

const ROWS: usize = 20_000;

fn place(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("tidewell-speed-{}-{name}.parquet", std::process::id()))
}

#[test]
fn speed_foreign_bench_runs_small() {
    let path = place("foreign");
    read::write_file(&path, ROWS);
    for threads in [1, 2] {
        let (count, taken) = rows::taken(|| read::read_file(&path, threads));
        assert_eq!(count, ROWS as u64);
        eprintln!("{}", rows::line(&format!("read, {threads} threads"), ROWS, taken, 0));
    }
    std::fs::remove_file(&path).unwrap();
}
