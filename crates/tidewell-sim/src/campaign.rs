//! Many seeds, on as many threads as asked for, and what they add up to.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use serde::Deserialize;

use crate::race::Coverage;
use crate::seed::{Outcome, SeedOptions, run_seed};

/// Seeds to run.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// The first seed.
    pub from: u64,
    /// How many, one after another.
    pub seeds: u64,
    /// Threads; each seed has one for itself.
    pub threads: usize,
    /// One seed in so many is run twice, and must give the same trace; 0 for none.
    pub twice_every: u64,
    /// Whether to go on after a seed has failed.
    pub keeps_going: bool,
}

/// What the seeds add up to.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Seeds that were run.
    pub seeds: u64,
    /// Their time, in their own time.
    pub simulated: Duration,
    /// Events.
    pub events: u64,
    /// Writes, and how many of them were acknowledged.
    pub writes: (usize, usize),
    /// Commits.
    pub commits: u64,
    /// Faults by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Races reached.
    pub races: Coverage,
    /// The seeds that failed, lowest first.
    pub failed: Vec<Outcome>,
    /// Seeds whose second run was another.
    pub forked: Vec<u64>,
}

impl Summary {
    fn add(&mut self, outcome: Outcome) {
        self.seeds += 1;
        self.simulated += outcome.simulated;
        self.events += outcome.events;
        self.writes = (self.writes.0 + outcome.writes.0, self.writes.1 + outcome.writes.1);
        self.commits += outcome.commits;
        self.races.add(&outcome.races);
        for (fault, count) in &outcome.faults {
            *self.faults.entry(fault).or_default() += count;
        }
        if outcome.violation.is_some() {
            self.failed.push(outcome);
        }
    }

    /// Whether every seed held and repeated.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.failed.is_empty() && self.forked.is_empty()
    }
}

impl Campaign {
    /// Runs the seeds; which ones run does not depend on the threads, unless one fails.
    #[must_use]
    pub fn run(&self, options: SeedOptions) -> Summary {
        let next = AtomicU64::new(self.from);
        let has_failed = AtomicBool::new(false);
        let summary = Mutex::new(Summary::default());
        std::thread::scope(|scope| {
            for _ in 0..self.threads.max(1) {
                scope.spawn(|| {
                    while !has_failed.load(Ordering::Relaxed) || self.keeps_going {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= self.from + self.seeds {
                            return;
                        }
                        let (outcome, is_forked) = self.run_one(seed, options);
                        let is_bad = outcome.violation.is_some() || is_forked;
                        if let Some(violation) = outcome.violation.as_ref().filter(|_| self.keeps_going) {
                            eprintln!("seed {seed}: {violation}");
                        }
                        has_failed.fetch_or(is_bad, Ordering::Relaxed);
                        let mut summary = summary.lock();
                        summary.forked.extend(is_forked.then_some(seed));
                        summary.add(outcome);
                    }
                });
            }
        });
        let mut summary = summary.into_inner();
        summary.failed.sort_by_key(|outcome| outcome.seed);
        summary.forked.sort_unstable();
        summary
    }

    fn run_one(&self, seed: u64, options: SeedOptions) -> (Outcome, bool) {
        let outcome = run_seed(seed, options);
        let is_repeated = self.twice_every > 0 && seed.is_multiple_of(self.twice_every);
        let is_forked = is_repeated && run_seed(seed, options).trace != outcome.trace;
        (outcome, is_forked)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Regressions {
    #[serde(default)]
    seed: Vec<Regression>,
}

/// A seed that once failed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regression {
    /// The seed.
    pub number: u64,
    /// What it found.
    pub found: String,
}

/// The seeds that once failed, which are always run: `regress/seeds.toml`.
///
/// # Panics
/// When that file is not what it should be.
#[must_use]
#[allow(clippy::expect_used, reason = "a file of this crate, read by its tests")]
pub fn regressions() -> Vec<Regression> {
    let file: Regressions = toml::from_str(include_str!("../regress/seeds.toml")).expect("seeds with what they found");
    file.seed
}
