//! The tables of `docs/cost.md` are what the estimator says.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::*;
use crate::budget::{Budget, INTERVAL_MAX_DEFAULT};

const INTERVALS_MS: [f64; 6] = [100.0, 250.0, 1_000.0, 5_000.0, 15_000.0, 60_000.0];

/// A hundred writes of a row a second: a busy writer, seen from the log.
fn busy() -> Description {
    Description { writes_per_second: 100.0, rows_per_second: 100.0, queries_per_hour: 0.0, ..Description::default() }
}

fn span(interval: Duration) -> String {
    match interval.as_millis() {
        ms @ ..1_000 => format!("{ms} ms"),
        ms => format!("{:.3}", ms as f64 / 1e3).trim_end_matches('0').trim_end_matches('.').to_owned() + " s",
    }
}

fn levels() -> String {
    let mut text = "| level |".to_owned();
    for interval_ms in INTERVALS_MS {
        write!(text, " {} |", span(Duration::from_millis(interval_ms as u64))).unwrap();
    }
    text += "\n|---|---|---|---|---|---|---|\n";
    let levels = [
        ("`none`, `os-default`, `periodic`, `every-write`", LogLevel::Local),
        ("`object`", LogLevel::Object),
        ("`quorum` of 3 buckets", LogLevel::Quorum),
    ];
    for (name, log) in levels {
        write!(text, "| {name} |").unwrap();
        for flush_interval_ms in INTERVALS_MS {
            let usd = of(&Description { log, flush_interval_ms, ..busy() }).requests_usd;
            write!(text, " ${usd:.2} |").unwrap();
        }
        text += "\n";
    }
    text
}

fn budgets() -> String {
    let mut text = "| a month | a writer that never pauses, `object` | `quorum` of 3 |\n|---|---|---|\n".to_owned();
    let prices = Prices::default();
    let quorum_usd = prices.append_usd() + 2.0 * prices.write_usd_per_1000 / 1e3;
    for usd in [100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.25] {
        let budget = Budget::new(usd, INTERVAL_MAX_DEFAULT).unwrap();
        let interval = |flush_usd| match budget.time_to_earn(flush_usd) {
            earned if earned > INTERVAL_MAX_DEFAULT => "exceeded, at 60 s".to_owned(),
            earned => span(Duration::from_millis(earned.max(Duration::from_millis(250)).as_millis() as u64)),
        };
        writeln!(text, "| ${usd} | {} | {} |", interval(prices.append_usd()), interval(quorum_usd)).unwrap();
    }
    text
}

fn examples() -> String {
    let home = Description {
        log: LogLevel::Local,
        writes_per_second: 0.1,
        rows_per_second: 5.0,
        kept: Kept::Days(3_650.0),
        ..Description::default()
    };
    let fleet = Description {
        writers: 3,
        writes_per_second: 50.0,
        rows_per_second: 30_000.0,
        flush_interval_ms: 1_000.0,
        kept: Kept::Days(30.0),
        queries_per_hour: 600.0,
        ..Description::default()
    };
    let function = Description {
        writes_per_second: 0.2,
        rows_per_second: 20.0,
        is_cache_warm: false,
        runs: Runs::LAMBDA,
        queries_per_hour: 20.0,
        ..Description::default()
    };
    let mut text =
        "| | a home server, `periodic` | three servers, `object` at 1 s | a function |\n|---|---|---|---|\n".to_owned();
    let all = [home, fleet, function].map(|description| of(&description));
    let mut whats: Vec<&str> = Vec::new();
    for item in all.iter().flat_map(|estimate| &estimate.items) {
        if !whats.contains(&item.what) {
            whats.push(item.what);
        }
    }
    for what in whats {
        write!(text, "| {what} |").unwrap();
        for estimate in &all {
            let usd = estimate.items.iter().find(|item| item.what == what).map(|item| format!("${:.3}", item.usd));
            write!(text, " {} |", usd.unwrap_or_default()).unwrap();
        }
        text += "\n";
    }
    text += "| **together** |";
    for estimate in &all {
        write!(text, " **${:.2}** |", estimate.total_usd).unwrap();
    }
    text + "\n"
}

/// Where this fails, the estimator has changed and the page has not: put the tables of the message into it.
#[test]
fn tables_of_the_page_are_what_is_estimated() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cost.md");
    let page = std::fs::read_to_string(path).unwrap();
    let mut wrong = Vec::new();
    for (name, expected) in [("levels", levels()), ("budgets", budgets()), ("examples", examples())] {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
        let found = page.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end)).map(|(table, _)| table);
        if found != Some(expected.as_str()) {
            wrong.push(format!("{begin}{expected}{end}"));
        }
    }
    assert!(wrong.is_empty(), "docs/cost.md should have\n{}", wrong.join("\n"));
}
