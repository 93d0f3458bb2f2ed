//! Writing batches to a file, in turn and with the columns spread over threads.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use arrow_array::RecordBatch;
use tidewell_segment::{EncodeTask, EncodedColumn, ExportOptions, ParquetExport};

use crate::rows::schema;

/// Writes in turn.
pub(crate) fn in_turn(path: &Path, batches: &[RecordBatch], options: ExportOptions) {
    let mut export = ParquetExport::with_options(&schema(), options).unwrap();
    let mut file = File::create(path).unwrap();
    for batch in batches {
        export.write(batch).unwrap();
        file.write_all(&export.take_bytes()).unwrap();
    }
    file.write_all(&export.finish().unwrap()).unwrap();
}

/// Writes with `threads`, a few row groups at a time.
pub(crate) fn spread(path: &Path, batches: &[RecordBatch], options: ExportOptions, threads: usize) {
    let mut export = ParquetExport::with_options(&schema(), options).unwrap();
    let mut file = File::create(path).unwrap();
    let mut tasks = Vec::new();
    for batch in batches {
        tasks.extend(export.stage(batch).unwrap());
        // Several row groups at once, so that no thread waits for the last column of each.
        if tasks.len() >= 4 * threads * schema().fields().len() {
            run(&mut export, std::mem::take(&mut tasks), threads);
            file.write_all(&export.take_bytes()).unwrap();
        }
    }
    tasks.extend(export.stage_rest().unwrap());
    run(&mut export, tasks, threads);
    file.write_all(&export.finish().unwrap()).unwrap();
}

fn run(export: &mut ParquetExport, tasks: Vec<EncodeTask>, threads: usize) {
    let todo = Mutex::new(tasks.into_iter());
    let done: Vec<EncodedColumn> = std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            loop {
                let task = todo.lock().unwrap().next();
                match task {
                    Some(task) => done.push(task.run().unwrap()),
                    None => return done,
                }
            }
        };
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let own = work();
        others.into_iter().flat_map(|other| other.join().unwrap()).chain(own).collect()
    });
    for column in done {
        export.accept(column).unwrap();
    }
}
