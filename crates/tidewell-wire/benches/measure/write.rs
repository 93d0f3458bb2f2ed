//! Writing batches to a file as an export does: in turn, and by a crew.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use arrow_array::RecordBatch;
use tidewell_env::Env;
use tidewell_wire::{Encoder, ExportOptions, Format, ParquetCrew};

use crate::rows::schema;

/// Writes in turn.
pub(crate) fn in_turn(path: &Path, batches: &[RecordBatch], options: ExportOptions) {
    let mut encoder = Encoder::with_parquet_options(Format::Parquet, &schema(), options).unwrap();
    let mut file = File::create(path).unwrap();
    for batch in batches {
        file.write_all(&encoder.batch(batch).unwrap()).unwrap();
    }
    file.write_all(&encoder.finish().unwrap()).unwrap();
}

/// Writes with `threads` that encode, and writes the file in between.
pub(crate) fn by_crew(path: &Path, batches: &[RecordBatch], options: ExportOptions, threads: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).build().unwrap();
    runtime.block_on(async {
        let mut crew = ParquetCrew::new(&schema(), options, Env::system(), threads).unwrap();
        let mut file = File::create(path).unwrap();
        for batch in batches {
            file.write_all(&crew.batch(batch).await.unwrap()).unwrap();
        }
        file.write_all(&crew.finish().await.unwrap()).unwrap();
    });
}
