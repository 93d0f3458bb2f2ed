//! What a query read and what that cost.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tidewell_storage::{Store, Usage};
use tidewell_types::{TableName, Version};

/// What one query read; it grows while the answer streams and is final once the stream has ended.
#[derive(Debug)]
pub struct QueryStatistics {
    version: Version,
    store: Store,
    tables: Mutex<BTreeMap<TableName, u64>>,
    segments_considered: AtomicU64,
    segments_read: AtomicU64,
    rows_scanned: AtomicU64,
    bytes_scanned: AtomicU64,
    tail_rows: AtomicU64,
}

impl QueryStatistics {
    /// Zero, over the store whose requests are this query's alone.
    pub(crate) fn new(version: Version, store: Store) -> Self {
        Self {
            version,
            store,
            tables: Mutex::default(),
            segments_considered: AtomicU64::new(0),
            segments_read: AtomicU64::new(0),
            rows_scanned: AtomicU64::new(0),
            bytes_scanned: AtomicU64::new(0),
            tail_rows: AtomicU64::new(0),
        }
    }

    /// The manifest version that was read.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Segments of the tables that the query scans, before pruning.
    #[must_use]
    pub fn segments_considered(&self) -> u64 {
        self.segments_considered.load(Ordering::Relaxed)
    }

    /// Segments that were opened.
    #[must_use]
    pub fn segments_read(&self) -> u64 {
        self.segments_read.load(Ordering::Relaxed)
    }

    /// Rows decoded from segments and taken from the tail, before any filter and merge.
    #[must_use]
    pub fn rows_scanned(&self) -> u64 {
        self.rows_scanned.load(Ordering::Relaxed)
    }

    /// Encoded bytes of the column chunks that were decoded, wherever they came from.
    #[must_use]
    pub fn bytes_scanned(&self) -> u64 {
        self.bytes_scanned.load(Ordering::Relaxed)
    }

    /// Rows that no segment holds yet, after pruning.
    #[must_use]
    pub fn tail_rows(&self) -> u64 {
        self.tail_rows.load(Ordering::Relaxed)
    }

    /// Requests and bytes that this query took from the store; what a cache answered is free.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.store.meter().snapshot()
    }

    /// The store that this query reads, metered for it alone.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The tables that it scans, with the bytes of their segments that a filter on time leaves.
    #[must_use]
    pub fn tables(&self) -> Vec<(TableName, u64)> {
        self.tables.lock().iter().map(|(table, bytes)| (table.clone(), *bytes)).collect()
    }

    pub(crate) fn add_table(&self, table: TableName, bytes: u64) {
        *self.tables.lock().entry(table).or_default() += bytes;
    }

    pub(crate) fn add_considered(&self, segments: usize) {
        self.segments_considered.fetch_add(segments as u64, Ordering::Relaxed);
    }

    pub(crate) fn add_read(&self) {
        self.segments_read.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_rows(&self, rows: usize) {
        self.rows_scanned.fetch_add(rows as u64, Ordering::Relaxed);
    }

    pub(crate) fn add_bytes(&self, bytes: usize) {
        self.bytes_scanned.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn add_tail(&self, rows: usize) {
        self.tail_rows.fetch_add(rows as u64, Ordering::Relaxed);
        self.add_rows(rows);
    }
}
