//! One WAL entry in memory.

use tidewell_types::{Batch, Seq, Source, Stamp};

/// Bytes that a column costs beside its values: array, buffers and their alignment.
const COLUMN_OVERHEAD_BYTES: usize = 256;

/// Rows that became durable together, with their place in the order of writes.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where it is logged.
    pub source: Source,
    /// Its place there.
    pub seq: Seq,
    /// Its place among the entries of all sources that are not folded.
    pub stamp: Stamp,
    /// The rows.
    pub batch: Batch,
}

impl Entry {
    /// How many rows it holds.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.batch.row_count()
    }

    /// What it costs in memory, in bytes; an upper estimate.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let columns: usize = self.batch.tables.iter().map(|table| table.rows.num_columns()).sum();
        self.batch.memory_bytes() + columns * COLUMN_OVERHEAD_BYTES
    }
}
