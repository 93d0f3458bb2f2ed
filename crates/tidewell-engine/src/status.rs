//! What the engine holds and has done, for people and monitors.

use serde::Serialize;
use tidewell_cost::{CadenceStatus, LedgerSnapshot, Prices};
use tidewell_storage::Usage;

use crate::engine::Engine;

/// What the engine holds and has done since it opened; no request is made for it.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The store.
    pub store: String,
    /// The level of writes that ask for none.
    pub wal_mode: String,
    /// Seconds since the engine opened.
    pub uptime_seconds: f64,
    /// Lines stored.
    pub lines_accepted: u64,
    /// Lines refused.
    pub lines_rejected: u64,
    /// Bytes of bodies, decompressed.
    pub body_bytes: u64,
    /// Queries, failed ones included.
    pub queries: u64,
    /// Queries that failed before their first row.
    pub queries_failed: u64,
    /// Folds that made segments.
    pub folds: u64,
    /// Folds that failed.
    pub folds_failed: u64,
    /// Rows that folds made part of segments.
    pub rows_folded: u64,
    /// Requests to the store.
    pub requests: StoreStatus,
    /// Reads that the cache answered.
    pub cache_hits: u64,
    /// Reads that it did not.
    pub cache_misses: u64,
    /// What it holds.
    pub cache_bytes: u64,
    /// The prices that dollars are counted by.
    pub prices: Prices,
    /// The pace of log objects, and the budget that sets it.
    pub log_pace: CadenceStatus,
    /// What was spent, by table and by query.
    pub spending: LedgerSnapshot,
    /// The databases that are open.
    pub databases: Vec<DatabaseStatus>,
}

/// Requests to the store since the engine opened, and what they cost at S3 list prices.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct StoreStatus {
    /// Reads of objects and parts of them.
    pub gets: u64,
    /// Requests for sizes and metadata.
    pub heads: u64,
    /// Writes of objects.
    pub puts: u64,
    /// Pages of listings.
    pub lists: u64,
    /// Deletes.
    pub deletes: u64,
    /// Others.
    pub others: u64,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// US dollars.
    pub price_usd: f64,
}

/// One open database.
#[derive(Clone, Debug, Serialize)]
pub struct DatabaseStatus {
    /// Its name.
    pub name: String,
    /// The newest version that this process has seen.
    pub version: u64,
    /// Tables.
    pub tables: usize,
    /// Segments.
    pub segments: u64,
    /// Their rows.
    pub segment_rows: u64,
    /// Their size.
    pub segment_bytes: u64,
    /// Values that are not NULL in their fields.
    pub segment_values: u64,
    /// Recent rows in memory, overwritten ones included.
    pub buffer_rows: usize,
    /// What they take, an upper estimate.
    pub buffer_bytes: usize,
    /// WAL entries that are not folded, as far as this process knows.
    pub unfolded_entries: usize,
}

impl Engine {
    /// What requests cost, in US dollars at the configured prices.
    #[must_use]
    pub fn requests_usd(&self, usage: &Usage) -> f64 {
        self.inner.config.prices.requests_usd(usage)
    }

    /// What the engine holds and has done; no request.
    #[must_use]
    pub fn status(&self) -> Status {
        let inner = &self.inner;
        let counters = &inner.counters;
        let usage = inner.store.meter().snapshot();
        let cache = inner.cache.counts();
        Status {
            store: inner.store.url().to_string(),
            wal_mode: inner.config.level().to_string(),
            uptime_seconds: inner.env.monotonic().saturating_sub(inner.opened_at).as_secs_f64(),
            lines_accepted: counters.lines_accepted.get(),
            lines_rejected: counters.lines_rejected.get(),
            body_bytes: counters.body_bytes.get(),
            queries: counters.queries.get(),
            queries_failed: counters.queries_failed.get(),
            folds: counters.folds.get(),
            folds_failed: counters.folds_failed.get(),
            rows_folded: counters.rows_folded.get(),
            requests: StoreStatus {
                gets: usage.gets,
                heads: usage.heads,
                puts: usage.puts,
                lists: usage.lists,
                deletes: usage.deletes,
                others: usage.others,
                bytes_in: usage.bytes_in,
                bytes_out: usage.bytes_out,
                price_usd: self.requests_usd(&usage),
            },
            cache_hits: cache.hits,
            cache_misses: cache.misses,
            cache_bytes: inner.cache.bytes(),
            prices: inner.config.prices,
            log_pace: inner.home.cadence.status(inner.env.monotonic()),
            spending: inner.home.ledger.snapshot(),
            databases: inner.databases.opened().iter().map(|database| database.status()).collect(),
        }
    }
}

impl crate::database::Database {
    fn status(&self) -> DatabaseStatus {
        let state = self.manifest.state();
        let totals = state.totals();
        let buffer = self.buffer.totals();
        DatabaseStatus {
            name: self.name.as_str().to_owned(),
            version: state.version.get(),
            tables: state.tables.len(),
            segments: totals.segment_count,
            segment_rows: totals.row_count,
            segment_bytes: totals.file_bytes,
            segment_values: totals.value_count,
            buffer_rows: buffer.rows,
            buffer_bytes: buffer.bytes,
            unfolded_entries: buffer.entries,
        }
    }
}
