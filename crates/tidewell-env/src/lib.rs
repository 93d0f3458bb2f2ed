//! Clock, randomness, ids and spawning: the only doors through which nondeterminism enters Tidewell.
//!
//! Everything else takes an [`Env`]. A simulation hands out one with a seed and a virtual clock, and replays bit for bit;
//! `clippy.toml` bans the direct calls elsewhere.
#![allow(clippy::disallowed_methods)] // This crate is the door the ban points to.

#[cfg(feature = "test-util")]
mod gate;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{Rng, RngCore, SeedableRng};
use tidewell_types::{NodeId, SegmentId, StoreId, TimestampNs, WriteId, WriterId};

#[cfg(feature = "test-util")]
pub use gate::{Gate, Passage};

/// A source of time. Wall time is only ever a proposal (default timestamps, stamps, ages); safety never rests on it.
pub trait Clock: Send + Sync + 'static {
    /// The wall clock, UTC.
    fn now(&self) -> TimestampNs;

    /// A clock that never goes back, from an arbitrary zero.
    fn monotonic(&self) -> Duration;
}

#[derive(Debug)]
struct SystemClock {
    zero: Instant,
}

impl Clock for SystemClock {
    fn now(&self) -> TimestampNs {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        TimestampNs::from_ns(i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.zero.elapsed()
    }
}

/// The doors, cheap to clone; clones share one stream of random numbers.
#[derive(Clone)]
pub struct Env {
    clock: Arc<dyn Clock>,
    rng: Arc<Mutex<StdRng>>,
    #[cfg(feature = "test-util")]
    gate: Option<Arc<dyn Gate>>,
}

impl Env {
    /// The real clock and randomness from the operating system.
    #[must_use]
    pub fn system() -> Self {
        Self::of(Arc::new(SystemClock { zero: Instant::now() }), StdRng::from_os_rng())
    }

    /// A given clock and randomness from a seed, for simulation and tests.
    #[must_use]
    pub fn seeded(seed: u64, clock: Arc<dyn Clock>) -> Self {
        Self::of(clock, StdRng::seed_from_u64(seed))
    }

    fn of(clock: Arc<dyn Clock>, rng: StdRng) -> Self {
        Self {
            clock,
            rng: Arc::new(Mutex::new(rng)),
            #[cfg(feature = "test-util")]
            gate: None,
        }
    }

    /// The same doors for one simulated process: its tasks pass the gate before every poll, and blocking work runs at once
    /// where it is asked for, so that a run is one thread's and replays.
    #[cfg(feature = "test-util")]
    #[must_use]
    pub fn gated(&self, gate: Arc<dyn Gate>) -> Self {
        Self { gate: Some(gate), ..self.clone() }
    }

    /// The wall clock, UTC.
    #[must_use]
    pub fn now(&self) -> TimestampNs {
        self.clock.now()
    }

    /// A clock that never goes back, from an arbitrary zero.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    /// A uniformly random span below `bound`, for backoff with full jitter; zero for a zero bound.
    #[must_use]
    pub fn jitter(&self, bound: Duration) -> Duration {
        if bound.is_zero() { Duration::ZERO } else { self.rng.lock().random_range(Duration::ZERO..bound) }
    }

    fn random16(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        self.rng.lock().fill_bytes(&mut bytes);
        bytes
    }

    /// A fresh writer identity.
    #[must_use]
    pub fn writer_id(&self) -> WriterId {
        WriterId::from_bytes(self.random16())
    }

    /// A fresh node identity.
    #[must_use]
    pub fn node_id(&self) -> NodeId {
        NodeId::from_bytes(self.random16())
    }

    /// A fresh write id.
    #[must_use]
    pub fn write_id(&self) -> WriteId {
        WriteId::from_bytes(self.random16())
    }

    /// A fresh segment id.
    #[must_use]
    pub fn segment_id(&self) -> SegmentId {
        SegmentId::from_bytes(self.random16())
    }

    /// A fresh store id.
    #[must_use]
    pub fn store_id(&self) -> StoreId {
        StoreId::from_bytes(self.random16())
    }

    /// Sleeps on the runtime's clock.
    pub async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }

    /// Runs a future to its end in the background, whatever becomes of the caller; must be called within a runtime.
    pub fn spawn<F>(&self, future: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        #[cfg(feature = "test-util")]
        if let Some(gate) = &self.gate {
            return tokio::spawn(gate::Gated::new(Arc::clone(gate), future));
        }
        tokio::spawn(future)
    }

    /// Runs blocking work (files, compression) off the async threads; must be called within a runtime.
    pub async fn blocking<T, F>(&self, work: F) -> T
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        #[cfg(feature = "test-util")]
        if self.gate.is_some() {
            return work();
        }
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result,
            Err(join) => std::panic::resume_unwind(join.into_panic()),
        }
    }

    /// Begins blocking work off the async threads and waits for nothing; must be called within a runtime. The work goes
    /// on whatever becomes of the caller; a panic ends it and nothing else.
    pub fn begin_blocking<F>(&self, work: F)
    where
        F: FnOnce() + Send + 'static,
    {
        #[cfg(feature = "test-util")]
        if self.gate.is_some() {
            return work();
        }
        drop(tokio::task::spawn_blocking(work));
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Env").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
