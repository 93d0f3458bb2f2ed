//! Everything that happens, as one hash: the same seed gives the same hash, or the simulation has a leak.

use std::fmt;
use std::time::Duration;

use parking_lot::Mutex;
use xxhash_rust::xxh3::Xxh3;

/// The run so far.
#[derive(Debug)]
pub(crate) struct Trace {
    inner: Mutex<Inner>,
    prints: bool,
}

struct Inner {
    hasher: Box<Xxh3>,
    events: u64,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").field("events", &self.events).finish_non_exhaustive()
    }
}

impl Trace {
    /// A trace that also goes to standard error where `prints`.
    pub(crate) fn new(prints: bool) -> Self {
        Self { inner: Mutex::new(Inner { hasher: Box::new(Xxh3::new()), events: 0 }), prints }
    }

    pub(crate) fn event(&self, at: Duration, what: fmt::Arguments<'_>) {
        let line = format!("{:>14.3} {what}", at.as_secs_f64());
        if self.prints {
            eprintln!("{line}");
        }
        let mut inner = self.inner.lock();
        inner.hasher.update(line.as_bytes());
        inner.events += 1;
    }

    /// The hash and the number of events.
    pub(crate) fn sum(&self) -> (u64, u64) {
        let inner = self.inner.lock();
        (inner.hasher.digest(), inner.events)
    }
}
