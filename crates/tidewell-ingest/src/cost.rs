//! What a write cost.

use tidewell_cost::Prices;
use tidewell_storage::Usage;

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
