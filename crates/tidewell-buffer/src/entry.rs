//! One WAL entry in memory.

use tidewell_types::{Batch, Seq, Source, Stamp, TokenId};

/// Bytes that a column costs beside its values: array, buffers and their alignment.
const COLUMN_OVERHEAD_BYTES: usize = 256;
/// Bytes that a token costs beside its spans: itself, and its place in the index of tokens.
const TOKEN_OVERHEAD_BYTES: usize = 256;

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
    /// Which of the rows count only once, however often they are logged; no token twice.
    pub tokens: Vec<EntryToken>,
}

/// The rows of one request with an idempotency key; the entry may hold others' rows too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryToken {
    /// The request.
    pub id: TokenId,
    /// Its rows.
    pub spans: Vec<RowSpan>,
}

/// Consecutive rows of one table of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowSpan {
    /// The table, by its place in the entry's batch.
    pub table: u32,
    /// The first row.
    pub start: u32,
    /// How many rows.
    pub count: u32,
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
        let spans: usize = self.tokens.iter().map(|token| token.spans.len()).sum();
        self.batch.memory_bytes()
            + columns * COLUMN_OVERHEAD_BYTES
            + self.tokens.len() * TOKEN_OVERHEAD_BYTES
            + spans * size_of::<RowSpan>()
    }
}
