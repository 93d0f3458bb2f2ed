//! What the stores do at the moment: throttled for a while, refusing for a while, down for a while.

use std::collections::BTreeMap;
use std::time::Duration;

use parking_lot::Mutex;

/// Spells of bad weather, and a count of every fault.
#[derive(Debug, Default)]
pub(crate) struct Weather {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// 503 for most requests until then.
    throttled_until: Duration,
    /// 403 for a process until then.
    denied_until: BTreeMap<String, Duration>,
    /// No answer from a store that holds copies of the log until then.
    down_until: BTreeMap<usize, Duration>,
    counts: BTreeMap<&'static str, u64>,
}

impl Weather {
    pub(crate) fn throttle(&self, until: Duration) {
        self.inner.lock().throttled_until = until;
    }

    pub(crate) fn deny(&self, process: &str, until: Duration) {
        self.inner.lock().denied_until.insert(process.to_owned(), until);
    }

    pub(crate) fn take_down(&self, replica: usize, until: Duration) {
        self.inner.lock().down_until.insert(replica, until);
    }

    pub(crate) fn is_throttled(&self, now: Duration) -> bool {
        now < self.inner.lock().throttled_until
    }

    pub(crate) fn is_denied(&self, process: &str, now: Duration) -> bool {
        self.inner.lock().denied_until.get(process).is_some_and(|until| now < *until)
    }

    pub(crate) fn is_down(&self, replica: usize, now: Duration) -> bool {
        self.inner.lock().down_until.get(&replica).is_some_and(|until| now < *until)
    }

    pub(crate) fn is_any_down(&self, now: Duration) -> bool {
        self.inner.lock().down_until.values().any(|until| now < *until)
    }

    pub(crate) fn count(&self, fault: &'static str) {
        *self.inner.lock().counts.entry(fault).or_default() += 1;
    }

    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.inner.lock().counts.clone()
    }
}
