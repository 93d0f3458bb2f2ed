//! The same seed is the same run, and a protocol that is broken from outside is caught.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::campaign::Campaign;

/// The first violation within some seeds.
fn caught(breakage: Breakage, seeds: u64) -> Option<Violation> {
    let campaign = Campaign { from: 0, seeds, threads: 2, twice_every: 0, keeps_going: false };
    let summary = campaign.run(SeedOptions { breakage, prints: false });
    summary.failed.into_iter().next()?.violation
}

#[test]
fn seed_run_twice_gives_the_same_trace() {
    for seed in 0..4 {
        let (first, second) = (run_seed(seed, SeedOptions::default()), run_seed(seed, SeedOptions::default()));
        assert_eq!((first.trace, first.events), (second.trace, second.events), "seed {seed}");
        assert!(first.events > 100, "seed {seed}: {first:?}");
    }
    assert_ne!(run_seed(0, SeedOptions::default()).trace, run_seed(1, SeedOptions::default()).trace);
}

#[test]
fn store_that_breaks_its_word_is_caught() {
    assert_eq!(caught(Breakage::IgnoresConditions, 40).unwrap().invariant, Invariant::Chain);
    assert!(caught(Breakage::Forgets, 40).is_some());
}
