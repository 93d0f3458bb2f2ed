//! Memory as bytes that are taken and given back.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// A number of bytes that many readers share. Those that read ahead leave half of it to the one whose rows are wanted next,
/// so that they can never keep each other waiting.
#[derive(Debug)]
pub(crate) struct Budget {
    used: Mutex<Used>,
    freed: Notify,
    bytes_max: u64,
}

#[derive(Debug, Default)]
struct Used {
    bytes: u64,
    peak_bytes: u64,
    /// The lane whose rows are wanted next.
    head: u64,
}

/// Bytes that were taken; dropping gives them back.
#[derive(Debug)]
pub(crate) struct Held {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Budget {
    pub(crate) fn new(bytes_max: u64) -> Arc<Self> {
        Arc::new(Self { used: Mutex::default(), freed: Notify::new(), bytes_max })
    }

    /// The most that one may take at once.
    pub(crate) fn share(&self) -> u64 {
        self.bytes_max / 2
    }

    /// Waits until `bytes` are free for a lane, and takes them; no more than a share.
    pub(crate) async fn take(self: &Arc<Self>, lane: u64, bytes: u64) -> Held {
        let bytes = bytes.min(self.share());
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            freed.as_mut().enable();
            if self.try_take(lane, bytes) {
                return Held { budget: Arc::clone(self), bytes };
            }
            freed.await;
        }
    }

    /// Takes `bytes` for a lane if they are free.
    pub(crate) fn take_free(self: &Arc<Self>, lane: u64, bytes: u64) -> Option<Held> {
        let bytes = bytes.min(self.share());
        self.try_take(lane, bytes).then(|| Held { budget: Arc::clone(self), bytes })
    }

    fn try_take(&self, lane: u64, bytes: u64) -> bool {
        let mut used = self.used.lock();
        let free_to = if lane <= used.head { self.bytes_max } else { self.share() };
        if used.bytes.saturating_add(bytes) > free_to {
            return false;
        }
        used.bytes += bytes;
        used.peak_bytes = used.peak_bytes.max(used.bytes);
        true
    }

    /// Says whose rows are wanted next.
    pub(crate) fn set_head(&self, lane: u64) {
        self.used.lock().head = lane;
        self.freed.notify_waiters();
    }

    /// The most that was ever taken at once, in bytes.
    pub(crate) fn peak_bytes(&self) -> u64 {
        self.used.lock().peak_bytes
    }
}

impl Held {
    /// Gives back all but `bytes`, or nothing where there are fewer.
    pub(crate) fn keep(&mut self, bytes: u64) {
        drop(self.split(self.bytes.saturating_sub(bytes)));
    }

    /// Parts from these, `bytes` or all there are.
    pub(crate) fn split(&mut self, bytes: u64) -> Self {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        Self { budget: Arc::clone(&self.budget), bytes }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.used.lock().bytes -= self.bytes;
        self.budget.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
