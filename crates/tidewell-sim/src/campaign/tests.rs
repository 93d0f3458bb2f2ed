//! A few hundred seeds hold, repeat, and reach every race.

use super::*;
use crate::race::Race;

const SEEDS: u64 = 300;

#[test]
#[ignore = "open work: seed 79 ends with a log whose lock a crashed process still holds; cargo run -p tidewell-sim runs it"]
fn seeds_hold_and_reach_every_race() {
    eprintln!("seeds 0..{SEEDS}");
    let campaign = Campaign { from: 0, seeds: SEEDS, threads: 2, twice_every: 20, keeps_going: false };
    let summary = campaign.run(SeedOptions::default());
    for outcome in &summary.failed {
        if let Some(violation) = &outcome.violation {
            panic!("seed {}: {violation}", outcome.seed);
        }
    }
    assert_eq!(summary.forked, [0; 0], "seeds that gave another trace the second time");
    assert_eq!(summary.races.missed(), [], "races that {SEEDS} seeds never reached");
    assert!(summary.writes.1 * 2 > summary.writes.0, "most writes are acknowledged: {:?}", summary.writes);
}

#[test]
fn seeds_that_once_failed_hold() {
    for regression in regressions() {
        let outcome = run_seed(regression.number, SeedOptions::default());
        assert!(
            outcome.violation.is_none(),
            "seed {} ({}): {:?}",
            regression.number,
            regression.found,
            outcome.violation
        );
    }
}

#[test]
fn missed_race_is_named() {
    let mut coverage = Coverage::default();
    Race::ALL.iter().copied().filter(|race| *race != Race::TornTail).for_each(|race| coverage.reach(race));
    assert_eq!(coverage.missed(), [Race::TornTail]);
}
