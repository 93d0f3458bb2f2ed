//! A ledger as numbers and names.

use serde::{Deserialize, Serialize};
use tidewell_storage::Usage;

use crate::prices::Prices;

/// Requests and what they cost. Fractions are parts of requests that were shared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spending {
    /// Requests of all kinds.
    pub requests: f64,
    /// Bytes received from the store.
    pub bytes_read: f64,
    /// Bytes sent to the store.
    pub bytes_written: f64,
    /// US dollars.
    pub usd: f64,
}

impl Spending {
    /// What some requests are.
    #[must_use]
    pub fn of(usage: &Usage, prices: &Prices) -> Self {
        Self {
            requests: usage.requests() as f64,
            bytes_read: usage.bytes_in as f64,
            bytes_written: usage.bytes_out as f64,
            usd: prices.requests_usd(usage),
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.requests += other.requests;
        self.bytes_read += other.bytes_read;
        self.bytes_written += other.bytes_written;
        self.usd += other.usd;
    }

    pub(super) fn part(self, part: f64) -> Self {
        Self {
            requests: self.requests * part,
            bytes_read: self.bytes_read * part,
            bytes_written: self.bytes_written * part,
            usd: self.usd * part,
        }
    }
}

/// What was spent for one table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TableSpending {
    /// Its database.
    pub database: String,
    /// Its name; `None` for what concerns no table in particular.
    pub table: Option<String>,
    /// On its writes.
    pub writes: Spending,
    /// On queries of it.
    pub queries: Spending,
    /// On folding, rewriting and collecting.
    pub maintenance: Spending,
}

/// What was spent for queries of one text in one database.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QuerySpending {
    /// Their database.
    pub database: String,
    /// Their text, its beginning where it is long.
    pub text: String,
    /// How many they were.
    pub count: u64,
    /// All of them together.
    pub spent: Spending,
    /// The dearest of them, in US dollars.
    pub usd_max: f64,
}

/// What a process has spent since its start.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LedgerSnapshot {
    /// On all writes.
    pub writes: Spending,
    /// On all queries.
    pub queries: Spending,
    /// On all maintenance.
    pub maintenance: Spending,
    /// By database and table, in their order; within a database first what concerns no table. As many as came first.
    pub tables: Vec<TableSpending>,
    /// The tables that came when there was no room for more, together, under the database `other`.
    pub other_tables: TableSpending,
    /// The queries that cost most, all of one text together, dearest first.
    pub dearest_queries: Vec<QuerySpending>,
    /// The last queries, each by itself, newest first.
    pub last_queries: Vec<QuerySpending>,
}
