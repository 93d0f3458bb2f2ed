//! A bound on the bytes of all request bodies that are held at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bytes that bodies may take, and take.
#[derive(Debug)]
pub(crate) struct BodyBudget {
    bytes_max: usize,
    bytes: AtomicUsize,
}

impl BodyBudget {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, bytes: AtomicUsize::new(0) }
    }

    /// Bytes held now.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// An empty share of the budget.
    pub(crate) fn share(self: &Arc<Self>) -> BodyShare {
        BodyShare { budget: Arc::clone(self), bytes: 0 }
    }
}

/// What one body takes of the budget; given back on drop.
#[derive(Debug)]
pub(crate) struct BodyShare {
    budget: Arc<BodyBudget>,
    bytes: usize,
}

impl BodyShare {
    /// Takes `bytes` more; `false`, and nothing taken, where the budget does not hold them.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let more = |taken: usize| taken.checked_add(bytes).filter(|total| *total <= self.budget.bytes_max);
        let is_granted = self.budget.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok();
        if is_granted {
            self.bytes += bytes;
        }
        is_granted
    }
}

impl Drop for BodyShare {
    fn drop(&mut self) {
        self.budget.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
