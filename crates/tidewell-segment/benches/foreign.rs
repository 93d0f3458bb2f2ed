//! How fast foreign Parquet becomes batches, beside pyarrow's `read_table` on the same files.
//!
//! `TIDEWELL_BENCH_ROWS` says how many rows, `TIDEWELL_TEST_PYTHON` which Python has pyarrow.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

#[path = "measure/read.rs"]
mod read;
#[path = "measure/rounds.rs"]
mod rounds;
#[path = "measure/rows.rs"]
mod rows;

use std::path::Path;

use rounds::Taken;

/// Reads a file, or writes it again as pyarrow does by default.
const PYARROW: &str = include_str!("foreign.py");

fn main() {
    if let Some(one) = rounds::one() {
        return measure_one(&one);
    }
    let rows = rounds::row_count();
    let folder = std::env::temp_dir().join(format!("tidewell-bench-foreign-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (ours, theirs) = (folder.join("tidewell.parquet"), folder.join("pyarrow.parquet"));
    read::write_file(&ours, rows);
    report("written by tidewell", &ours, rows);
    if Taken::by_python(PYARROW, &["write", ours.to_str().unwrap(), theirs.to_str().unwrap()]).is_some() {
        report("written by pyarrow", &theirs, rows);
    }
    let _ = std::fs::remove_dir_all(&folder);
}

fn report(name: &str, path: &Path, rows: usize) {
    println!("{rows} rows, {name}");
    let file = path.to_str().unwrap();
    for threads in [1, 2] {
        let taken = Taken::by_own_process(&format!("{threads},{rows},{file}"));
        println!("{}", taken.line(&format!("tidewell, {threads} threads"), rows, path));
        let Some(theirs) = Taken::by_python(PYARROW, &["read", file, &threads.to_string()]) else { continue };
        let line = theirs.line(&format!("pyarrow, {threads} threads"), rows, path);
        println!("{line}  tidewell {:>5.2}x", theirs.seconds / taken.seconds);
    }
}

/// Measures one way to read: threads, rows and file, told apart by commas.
fn measure_one(one: &str) {
    let [threads, rows, file] = one.splitn(3, ',').collect::<Vec<_>>()[..] else { panic!("{one}") };
    let (threads, rows): (usize, u64) = (threads.parse().unwrap(), rows.parse().unwrap());
    rounds::measure(|| assert_eq!(read::read_file(Path::new(file), threads), rows));
}
