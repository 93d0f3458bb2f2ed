//! Reading a foreign file to batches of ours, on one thread and on two.

use std::fs::File;
use std::path::Path;

use bytes::Bytes;
use tidewell_segment::foreign::{Footer, ForeignError, ForeignOptions, Plan, RowLimits, Rows};
use tidewell_segment::{ExportCompression, ExportOptions, ParquetExport};

use crate::rows::{batches, schema};

/// The options that the file is read by.
pub(crate) fn options() -> ForeignOptions {
    ForeignOptions { tags: vec!["host".to_owned(), "region".to_owned()], ..ForeignOptions::default() }
}

/// Writes a file of so many rows, in row groups of a tenth.
pub(crate) fn write_file(path: &Path, rows: usize) {
    let row_group_rows_max = (rows / 10).max(1);
    let options = ExportOptions { compression: ExportCompression::Snappy, row_group_rows_max, ..Default::default() };
    let mut export = ParquetExport::with_options(&schema(), options).unwrap();
    let mut file = Vec::new();
    for batch in batches(rows) {
        export.write(&batch).unwrap();
        file.append(&mut export.take_bytes());
    }
    file.append(&mut export.finish().unwrap());
    std::fs::write(path, file).unwrap();
}

fn footer(path: &Path) -> Footer {
    let file = Bytes::from(std::fs::read(path).unwrap());
    let tail_at = |bytes: u64| file.slice(file.len() - bytes as usize..);
    match Footer::parse(&tail_at(8), file.len() as u64) {
        Err(ForeignError::TailTooShort { needed_bytes }) => {
            Footer::parse(&tail_at(needed_bytes), file.len() as u64).unwrap()
        }
        other => other.unwrap(),
    }
}

/// Reads all rows on `threads`, each with row groups of its own; says how many there were.
pub(crate) fn read_file(path: &Path, threads: usize) -> u64 {
    let footer = footer(path);
    let plan = Plan::new(&footer, &options()).unwrap();
    let groups = footer.row_group_rows().len();
    std::thread::scope(|scope| {
        let (footer, plan) = (&footer, &plan);
        let part = |thread: usize| {
            let own = (0..groups).filter(move |group| group % threads == thread);
            let mut rows = Rows::of_groups(footer, plan, RowLimits::default(), own).unwrap();
            let mut source = File::open(path).unwrap();
            let mut count = 0;
            while let Some(batch) = rows.next_from(&mut source).unwrap().unwrap() {
                count += batch.num_rows() as u64;
            }
            count
        };
        let others: Vec<_> = (1..threads).map(|thread| scope.spawn(move || part(thread))).collect();
        part(0) + others.into_iter().map(|other| other.join().unwrap()).sum::<u64>()
    })
}
