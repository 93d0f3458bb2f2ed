//! Virtual time, and each process's idea of what time it is.
#![allow(clippy::disallowed_methods)] // The simulation owns the runtime's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tidewell_env::Clock;
use tidewell_types::TimestampNs;
use tokio::time::Instant;

/// The wall clock when a simulation starts: 2026-01-01T00:00:00Z.
pub(crate) const WALL_START_NS: i64 = 1_767_225_600_000_000_000;

/// Time since the start of the simulation; runs only while nobody has anything to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SimTime {
    start: Instant,
}

impl SimTime {
    /// Starts at zero; within a runtime whose clock is paused.
    pub(crate) fn start() -> Self {
        Self { start: Instant::now() }
    }

    pub(crate) fn now(&self) -> Duration {
        self.start.elapsed()
    }
}

/// The clock of one machine: right but for a skew, which may jump.
#[derive(Debug)]
pub(crate) struct ProcessClock {
    time: SimTime,
    skew_ns: AtomicI64,
}

impl ProcessClock {
    pub(crate) fn new(time: SimTime, skew_ns: i64) -> Arc<Self> {
        Arc::new(Self { time, skew_ns: AtomicI64::new(skew_ns) })
    }

    /// The skew after the jump.
    pub(crate) fn jump(&self, by_ns: i64) -> i64 {
        self.skew_ns.fetch_add(by_ns, Ordering::Relaxed) + by_ns
    }
}

impl Clock for ProcessClock {
    fn now(&self) -> TimestampNs {
        let elapsed_ns = i64::try_from(self.time.now().as_nanos()).unwrap_or(i64::MAX);
        TimestampNs::from_ns(WALL_START_NS + elapsed_ns + self.skew_ns.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        self.time.now()
    }
}
