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
fn store_that_ignores_conditions_is_caught() {
    assert_eq!(caught(Breakage::IgnoresConditions, 40).unwrap().invariant, Invariant::Chain);
}

#[test]
fn store_that_forgets_writes_is_caught() {
    assert!(caught(Breakage::Forgets, 40).is_some());
}

#[test]
fn collector_that_skips_the_floor_is_caught() {
    assert_eq!(caught(Breakage::SkipsFloor, 40).unwrap().invariant, Invariant::Collection);
}

#[test]
fn collector_that_goes_by_age_is_caught() {
    let caught = caught(Breakage::CollectsByAge, 80).unwrap();
    assert!(matches!(caught.invariant, Invariant::Dangling | Invariant::Collection), "{caught}");
}

#[test]
fn reader_that_reads_the_view_before_the_log_is_caught() {
    let caught = caught(Breakage::ReadsViewFirst, 80).unwrap();
    assert!(matches!(caught.invariant, Invariant::StrongRead | Invariant::Monotone), "{caught}");
}

#[test]
fn client_that_takes_unknown_for_done_is_caught() {
    let caught = caught(Breakage::AcksUnknown, 80).unwrap();
    assert!(matches!(caught.invariant, Invariant::StrongRead | Invariant::Order), "{caught}");
}
