//! What the engine has done since it opened.

use std::sync::atomic::{AtomicU64, Ordering};

/// A number that only rises.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, count: usize) {
        self.0.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What the engine has done since it opened.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) lines_accepted: Counter,
    pub(crate) lines_rejected: Counter,
    pub(crate) body_bytes: Counter,
    pub(crate) queries: Counter,
    pub(crate) queries_failed: Counter,
    pub(crate) folds: Counter,
    pub(crate) folds_failed: Counter,
    pub(crate) rows_folded: Counter,
}
