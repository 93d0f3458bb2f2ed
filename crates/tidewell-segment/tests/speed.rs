//! The bench of foreign files, small: it runs, and gives the rows back.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

#[path = "../benches/measure/read.rs"]
mod read;
#[path = "../benches/measure/rounds.rs"]
#[allow(dead_code, reason = "the bench compares with peers")]
mod rounds;
#[path = "../benches/measure/rows.rs"]
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
        let taken = rounds::taken(|| assert_eq!(read::read_file(&path, threads), ROWS as u64));
        eprintln!("{}", taken.line(&format!("read, {threads} threads"), ROWS, &path));
    }
    std::fs::remove_file(&path).unwrap();
}
