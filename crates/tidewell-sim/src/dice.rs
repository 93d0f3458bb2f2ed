//! Choices that follow from the seed.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A stream of choices of its own for each purpose, so that one more choice here changes none elsewhere.
#[derive(Debug)]
pub(crate) struct Dice(StdRng);

/// A number that follows from the seed and a purpose.
pub(crate) fn derive(seed: u64, purpose: &str) -> u64 {
    xxh3_64_with_seed(purpose.as_bytes(), seed)
}

impl Dice {
    pub(crate) fn new(seed: u64, purpose: &str) -> Self {
        Self(StdRng::seed_from_u64(derive(seed, purpose)))
    }

    /// Whether something of this probability happens.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.0.random_bool(probability.clamp(0.0, 1.0))
    }

    /// A number in `from..to`; `from` where that is empty.
    pub(crate) fn between(&mut self, from: u64, to: u64) -> u64 {
        if from < to { self.0.random_range(from..to) } else { from }
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let index = self.between(0, from.len() as u64) as usize;
        from.get(index).copied()
    }

    /// A span between two, each order of magnitude as likely as the others.
    pub(crate) fn span(&mut self, from: Duration, to: Duration) -> Duration {
        let (low, high) = (from.as_secs_f64().max(1e-9).ln(), to.as_secs_f64().max(1e-9).ln());
        if high <= low {
            return from;
        }
        Duration::from_millis((self.0.random_range(low..high).exp() * 1e3) as u64).max(Duration::from_millis(1))
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0.random()
    }
}
