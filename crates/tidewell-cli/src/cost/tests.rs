//! Flags go before what was found.
#![allow(clippy::unwrap_used)]

use clap::Parser;
use tidewell_cost::Observed;

use super::*;

#[derive(Parser, Debug)]
struct Line {
    #[command(flatten)]
    args: CostArgs,
}

fn args(line: &[&str]) -> CostArgs {
    Line::try_parse_from([&["cost"], line].concat()).unwrap().args
}

#[test]
fn cost_flags_go_before_what_was_found() {
    let observed = Observed {
        databases: 2,
        tables: 4,
        segments: 10,
        segment_bytes: 1_000_000,
        segment_rows: 100_000,
        rows_per_day: 864_000.0,
        log_objects_per_day: 8_640.0,
        writers: 3,
        ..Observed::default()
    };
    let found = Description::from_observed(&observed);
    assert_eq!(args(&[]).over(found.clone()), found);
    let changed = args(&["--writers", "5", "--wal-interval", "2s", "--queries-per-hour", "600", "--cold", "--lambda"]);
    let changed = changed.over(found.clone());
    assert_eq!((changed.writers, changed.flush_interval_ms, changed.queries_per_hour), (5, 2_000.0, 600.0));
    assert_eq!((changed.is_cache_warm, changed.runs), (false, Runs::LAMBDA));
    assert_eq!((changed.rows_per_second, changed.databases), (found.rows_per_second, 2));
}

#[test]
fn cost_of_more_rows_is_more() {
    let usd = |line: &[&str]| {
        let description = args(line).over(Description::default());
        estimate(&description, &Prices::default()).unwrap().total_usd
    };
    let base = usd(&["--rows-per-second", "1000", "--retention", "30d"]);
    assert!(usd(&["--rows-per-second", "10000", "--retention", "30d"]) > base);
    assert!(usd(&["--rows-per-second", "1000", "--retention", "300d"]) > base);
    assert!(usd(&["--rows-per-second", "1000", "--retention", "30d", "--wal-mode", "periodic"]) < base);
}
