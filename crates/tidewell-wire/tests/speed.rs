//! The bench of exports, small: it runs, and gives the rows back.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

#[path = "../../tidewell-segment/benches/measure/read.rs"]
#[allow(dead_code, reason = "other files are read in a bench of their own")]
mod read;
#[path = "../../tidewell-segment/benches/measure/rows.rs"]
mod rows;
#[path = "../benches/measure/write.rs"]
mod write;

use std::path::PathBuf;

use tidewell_wire::{ExportCompression, ExportOptions};

const ROWS: usize = 20_000;

fn place(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("tidewell-export-speed-{}-{name}.parquet", std::process::id()))
}

#[test]
fn speed_write_bench_runs_small_and_both_ways_give_one_file() {
    let batches = rows::batches(ROWS);
    let (first, second) = (place("in-turn"), place("crew"));
    let codecs =
        [ExportCompression::None, ExportCompression::Snappy, ExportCompression::Lz4, ExportCompression::Zstd(3)];
    for compression in codecs {
        let options = ExportOptions { compression, row_group_rows_max: 6000, ..ExportOptions::default() };
        write::in_turn(&first, &batches, options);
        write::by_crew(&second, &batches, options, 2);
        assert!(std::fs::read(&first).unwrap() == std::fs::read(&second).unwrap(), "{compression:?}");
        assert_eq!(read::read_file(&second, 1), ROWS as u64);
    }
    std::fs::remove_file(&first).unwrap();
    std::fs::remove_file(&second).unwrap();
}
