//! What a write cost.

use arrow_array::{Array as _, RecordBatch};
use tidewell_cost::Prices;
use tidewell_storage::Usage;
use tidewell_types::Batch;

/// The requests that a write took; none where the log is local, or where an earlier request has stored the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WriteCost {
    /// Those of its log entry: the log object in each store, the re-check, and attempts before that, shared by all writes of
    /// the entry. What a replica is asked after the majority has answered counts for the next entry.
    pub entry: Usage,
    /// How many writes share them; 0 where there are none.
    pub writes: usize,
    /// This write's part of them, by bytes of rows, 0 to 1.
    pub share: f64,
    /// Those made for this write alone: the commit of its new columns.
    pub own: Usage,
}

impl WriteCost {
    /// The requests of the entry and of this write alone.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.entry + self.own
    }

    /// This write's part in US dollars. Those of all writes of an entry sum up to what it cost.
    #[must_use]
    pub fn usd(&self, prices: &Prices) -> f64 {
        prices.requests_usd(&self.entry) * self.share + prices.requests_usd(&self.own)
    }
}

/// The bytes of all values, by which writes share what they cost.
pub(crate) fn data_bytes(batch: &Batch) -> u64 {
    batch.tables.iter().map(|table| rows_bytes(&table.rows)).sum()
}

/// The bytes of the values, and not of the memory that is kept free behind them: that would make a lone row dear.
pub(crate) fn rows_bytes(rows: &RecordBatch) -> u64 {
    rows.columns().iter().map(|column| column.to_data().get_slice_memory_size().unwrap_or_default() as u64).sum()
}
