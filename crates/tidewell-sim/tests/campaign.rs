//! A few hundred seeds hold, repeat, and reach every race.

use std::process::Command;

use tidewell_sim::{Campaign, SeedOptions, regressions, run_seed};

const SEEDS: u64 = 300;

#[test]
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
fn seed_run_twice_gives_the_same_trace() {
    for seed in 0..4 {
        let (first, second) = (run_seed(seed, SeedOptions::default()), run_seed(seed, SeedOptions::default()));
        assert_eq!((first.trace, first.events), (second.trace, second.events), "seed {seed}");
        assert!(first.events > 100, "seed {seed}: {first:?}");
    }
    assert_ne!(run_seed(0, SeedOptions::default()).trace, run_seed(1, SeedOptions::default()).trace);
}

#[test]
#[allow(clippy::unwrap_used)]
fn command_that_misses_a_race_fails_and_names_it() {
    let run = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_tidewell-sim")).args(words).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = run(&["--seeds", "1", "--from", "2"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.starts_with("seeds 2..3"), "{text}");
    assert!(text.contains("FAILED: 1 seeds never reached ") && text.contains(" a second)"), "{text}");
    assert!(text.contains("faults:") && text.contains("races:"), "{text}");
    let (code, text) = run(&["--seeds", "1", "--from", "2", "--any-races"]);
    assert_eq!(code, Some(0), "{text}");
}
