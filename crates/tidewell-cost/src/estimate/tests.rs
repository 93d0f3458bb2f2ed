//! Estimates against measured days, and the tables of the page.

mod page;

use proptest::prelude::*;

use super::*;

fn of(description: &Description) -> Estimate {
    estimate(description, &Prices::default()).unwrap()
}

fn day_usd(description: &Description) -> f64 {
    of(description).requests_usd / month_s() * 86_400.0
}

fn item(estimate: &Estimate, what: &str) -> LineItem {
    estimate.items.iter().find(|item| item.what == what).unwrap_or_else(|| panic!("no line {what:?}")).clone()
}

/// The busy day of `benches/requests.rs`, a write of ten rows a second and two queries a minute, was measured at $0.55.
#[test]
fn busy_day_is_estimated_as_it_was_measured() {
    let usd = day_usd(&Description { kept: Kept::Days(1.0), ..Description::default() });
    assert!((0.53..0.58).contains(&usd), "${usd}");
}

/// Its idle day, a server to which nobody talks, was measured at $0.0016.
#[test]
fn idle_day_is_estimated_as_it_was_measured() {
    let idle = Description {
        writes_per_second: 0.0,
        rows_per_second: 0.0,
        queries_per_hour: 0.0,
        kept: Kept::Days(0.0),
        ..Description::default()
    };
    let usd = day_usd(&idle);
    assert!((0.0015..0.0017).contains(&usd), "${usd}");
}

/// The design's table of intervals: $15 a month at a second, $60 at 250 ms, without its one GET by the fold of another process.
#[test]
fn busy_log_costs_what_the_design_says() {
    for (interval_ms, usd) in [(50.0, 305.1), (250.0, 61.0), (1_000.0, 15.25), (60_000.0, 0.254)] {
        let busy = Description { writes_per_second: 1e4, flush_interval_ms: interval_ms, ..Description::default() };
        let estimate = of(&busy);
        let log = item(&estimate, "log objects").usd + item(&estimate, "re-checks before acknowledgement").usd;
        assert!((log / usd - 1.0).abs() < 0.01, "{interval_ms} ms: ${log}");
    }
}

/// The design: at least $5.4 a million invocations that write.
#[test]
fn function_pays_for_a_log_object_an_invocation() {
    let function = Description {
        runs: Runs::LAMBDA,
        writes_per_second: 1e6 / month_s(),
        flush_interval_ms: 60_000.0,
        is_cache_warm: false,
        ..Description::default()
    };
    let estimate = of(&function);
    assert!((item(&estimate, "log objects").count - 1e6).abs() < 1.0);
    let log = item(&estimate, "log objects").usd + item(&estimate, "re-checks before acknowledgement").usd;
    assert!((log - 5.8).abs() < 0.01, "${log}");
    let invocations = item(&estimate, "invocations");
    assert!(invocations.count > 1e6 && invocations.usd > 0.2);
    // A write takes 0.15 GB-seconds.
    assert!(item(&estimate, "time of functions").count > 150_000.0);
}

#[test]
fn local_log_costs_no_request_a_write() {
    let kept = Kept::Days(1.0);
    let local = Description { log: LogLevel::Local, writes_per_second: 1e5, kept, ..Description::default() };
    let estimate = of(&local);
    assert!(estimate.items.iter().all(|item| !item.what.contains("log objects")));
    assert!(estimate.requests_usd < 2.5, "{estimate:?}");
}

#[test]
fn quorum_pays_for_each_bucket_and_checks_once() {
    let quorum = Description { log: LogLevel::Quorum, log_buckets: 5, ..Description::default() };
    let (one, five) = (of(&Description::default()), of(&quorum));
    assert_eq!(item(&five, "log objects").count, item(&one, "log objects").count * 5.0);
    let checks = |estimate: &Estimate| item(estimate, "re-checks before acknowledgement").count;
    assert_eq!(checks(&five), checks(&one));
}

#[test]
fn storage_is_what_is_kept_at_the_size_of_its_rows() {
    let kept =
        Description { rows_per_second: 1_000.0, bytes_per_row: 20.0, kept: Kept::Days(30.0), ..Description::default() };
    let storage = item(&of(&kept), "storage");
    assert!((storage.count - 1_000.0 * 20.0 * 30.0 * 86_400.0 / GB).abs() < 1e-6);
    assert!((storage.usd - storage.count * 0.023).abs() < 1e-9);
}

const GB: f64 = (1_u64 << 30) as f64;

#[test]
fn own_store_costs_nothing() {
    let description = Description { bytes_out_per_query: 1e6, ..Description::default() };
    assert_eq!(estimate(&description, &Prices::NONE).unwrap().total_usd, 0.0);
}

#[test]
fn bytes_are_paid_for_where_the_list_says_so() {
    let description = Description { rows_per_second: 1e4, ..Description::default() };
    let express = estimate(&description, &Prices::S3_EXPRESS).unwrap();
    assert!(item(&express, "bytes sent to the store").usd > 0.0);
    assert!(of(&description).items.iter().all(|item| item.what != "bytes sent to the store"));
}

#[test]
fn observed_bucket_is_estimated_with_its_own_numbers() {
    let observed = Observed {
        databases: 2,
        tables: 5,
        segments: 40,
        segment_bytes: 3 << 30,
        segment_rows: 100_000_000,
        rows_per_day: 1_000_000.0,
        log_objects_per_day: 50_000.0,
        writers: 3,
        is_steady: true,
        ..Observed::default()
    };
    let description = Description::from_observed(&observed);
    let estimate = of(&description);
    let objects = item(&estimate, "log objects").count;
    assert!((objects / (50_000.0 * 30.44) - 1.0).abs() < 1e-9, "{objects}");
    assert!((item(&estimate, "storage").count - 3.0).abs() < 1e-9);
    assert_eq!(description.tables, 3);
    let growing = Description::from_observed(&Observed { is_steady: false, ..observed.clone() });
    assert!(item(&of(&growing), "storage").count > 3.3);
    let local = Description::from_observed(&Observed { log_objects_per_day: 0.0, ..observed });
    assert_eq!(local.log, LogLevel::Local);
    assert!(of(&local).items.iter().any(|item| item.what == "folds"));
    let empty = Description::from_observed(&Observed::default());
    assert!(of(&empty).items.iter().all(|item| item.what != "folds" && item.what != "storage"));
}

#[test]
fn description_that_cannot_be_is_refused_by_name() {
    let wrong = |description: Description| estimate(&description, &Prices::default()).unwrap_err().field;
    assert_eq!(wrong(Description { rows_per_second: f64::NAN, ..Description::default() }), "rows_per_second");
    assert_eq!(wrong(Description { databases: 0, ..Description::default() }), "databases");
    assert_eq!(wrong(Description { kept: Kept::Days(-1.0), ..Description::default() }), "kept");
    let two = Description { log: LogLevel::Quorum, log_buckets: 2, ..Description::default() };
    assert_eq!(wrong(two.clone()), "log_buckets");
    assert_eq!(
        estimate(&two, &Prices::default()).unwrap_err().to_string(),
        "log_buckets is 2: give a number of at least 3"
    );
}

#[test]
fn description_in_json_may_name_some_numbers_and_no_others() {
    let read: Description = serde_json::from_str(r#"{"writers": 3, "log": "quorum", "kept": {"days": 7}}"#).unwrap();
    let expected = Description { writers: 3, log: LogLevel::Quorum, kept: Kept::Days(7.0), ..Description::default() };
    assert_eq!(read, expected);
    let lambda: Description = serde_json::from_str(
        r#"{"runs": {"lambda": {"memory_mb": 512, "write_ms": 100, "query_ms": 400, "maintenance_ms": 900}}}"#,
    )
    .unwrap();
    assert!(matches!(lambda.runs, Runs::Lambda { memory_mb: 512, .. }));
    assert!(serde_json::from_str::<Description>(r#"{"writer": 3}"#).is_err());
}

fn any_description() -> impl Strategy<Value = Description> {
    let numbers = (0..20_u32, 0.0..1e4_f64, 0.0..1e6_f64, 0.0..200.0_f64, 0.0..1e5_f64, 0.0..1e4_f64, 0.0..1e3_f64);
    (numbers, 1..50_u32, 1..50_u32, 0..3_u8, 0.0..4_000.0_f64, any::<bool>(), any::<bool>()).prop_map(
        |(numbers, databases, tables, log, days, is_cache_warm, is_lambda)| {
            let (writers, writes, rows, bytes_per_row, flush_interval_ms, queries, span) = numbers;
            Description {
                writers,
                writes_per_second: writes,
                rows_per_second: rows,
                bytes_per_row,
                databases,
                tables,
                log: [LogLevel::Local, LogLevel::Object, LogLevel::Quorum][usize::from(log)],
                log_buckets: 3,
                flush_interval_ms,
                kept: Kept::Days(days),
                queries_per_hour: queries,
                query_span_hours: span,
                is_cache_warm,
                bytes_out_per_query: 1e4,
                runs: if is_lambda { Runs::LAMBDA } else { Runs::Server },
            }
        },
    )
}

proptest! {
    #[test]
    fn estimate_of_anything_is_finite_and_the_sum_of_its_lines(description in any_description()) {
        let estimate = of(&description);
        prop_assert!(estimate.items.iter().all(|item| item.usd.is_finite() && item.usd >= 0.0 && item.count > 0.0));
        let sum: f64 = estimate.items.iter().map(|item| item.usd).sum();
        prop_assert!((estimate.total_usd - sum).abs() <= sum * 1e-12);
        prop_assert!(estimate.requests_usd <= estimate.total_usd * (1.0 + 1e-12));
        prop_assert!(estimate.assumptions.len() >= 5);
    }

    /// More traffic, or a shorter interval, never costs less.
    #[test]
    fn estimate_grows_with_what_is_asked(description in any_description(), factor in 1.0..10.0_f64) {
        let usd = of(&description).total_usd;
        let more = [
            Description { writes_per_second: description.writes_per_second * factor, ..description.clone() },
            Description { rows_per_second: description.rows_per_second * factor, ..description.clone() },
            Description { queries_per_hour: description.queries_per_hour * factor, ..description.clone() },
            Description { flush_interval_ms: (description.flush_interval_ms / factor).max(1e-3), ..description.clone() },
        ];
        for more in more.into_iter().filter(|_| description.flush_interval_ms > 0.0) {
            prop_assert!(of(&more).total_usd >= usd * (1.0 - 1e-9), "{more:?}");
        }
    }
}
