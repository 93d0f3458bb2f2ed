//! The benchmark, run small, with its request budgets.

use crate::bill;
use crate::serverless;
use crate::workload::{Size, run};

#[tokio::test(flavor = "multi_thread")]
async fn small_benchmark_run_stays_within_its_request_budgets() {
    let size = Size { hosts: 20, steps: 500 };
    let report = run(size).await;
    println!("{report}");
    assert_eq!(report.rows, size.rows());
    // The format, the cold open, and one commit each for attaching the log and for the columns; no request a write.
    assert!(report.write_requests <= 20, "{} requests for writing", report.write_requests);
    // LIST, next record, floor; one segment; the commit; floor. Whatever the number of rows.
    assert!(report.fold_requests <= 10, "{} requests for a fold", report.fold_requests);
    for query in &report.queries {
        assert!(query.cold_requests <= 12, "{}: {} requests cold", query.name, query.cold_requests);
        // LIST the log, look for the next record, read the floor; segments come from the cache.
        assert_eq!(query.warm_requests, 3, "{}", query.name);
    }
    let rows: Vec<usize> = report.queries.iter().map(|query| query.rows).collect();
    assert_eq!(rows[..4], [1, 60, 40, 20]);
    assert!(report.bytes_per_value < 2.0, "{} bytes per field value", report.bytes_per_value);
}

/// A PUT and two GETs at S3 list prices.
const APPEND_USD: f64 = 5.8e-6;

#[test]
fn small_bill_stays_within_its_request_budgets() {
    let bill = bill::run(bill::Size { commits: [3, 30, 130], day_hours: 1 });
    println!("{bill}");
    assert_eq!((bill.append.puts, bill.append.gets, bill.append.lists), (1.0, 2.0, 0.0));
    assert!(bill.append.usd <= APPEND_USD, "${} an append", bill.append.usd);
    assert_eq!(bill.local_append.total(), 0.0);
    assert!(bill.commit.total() <= 12.0, "{:?}", bill.commit);
    for (commits, open, first) in &bill.cold {
        assert_eq!(open.total(), 0.0, "opening asks nothing before the first query does");
        // Two lists, format, hint, checkpoint, the place after the newest record, floor; 16 records and what a checkpoint
        // adds to them; and every segment of the minute, which nobody has compacted.
        let requests_max = 7.0 + 20.0 + (*commits).min(60) as f64;
        assert!(first.total() <= requests_max, "{} requests after {commits} commits", first.total());
    }
    assert!(bill.idle_day.usd <= 0.1, "${} an idle day", bill.idle_day.usd);
    assert!(bill.busy_day.usd <= 1.0, "${} a busy day", bill.busy_day.usd);
}

#[test]
fn small_serverless_bill_stays_within_its_budgets() {
    let sizes = serverless::Sizes {
        idle_hours: 24,
        writer_minutes: 10,
        crowd_seconds: 10,
        dashboard_minutes: 5,
        history_days: 2,
    };
    let figures = serverless::run(sizes);
    println!("{figures}");
    assert!(figures.idle_month.usd() <= 0.5, "${} an idle month", figures.idle_month.usd());
    // A PUT and two GETs a second, and what maintains.
    assert!(figures.writer_day.asked.puts <= 1.1 * 86_400.0, "{:?}", figures.writer_day);
    assert!(figures.writer_day.usd() <= 1.0, "${} a day of one writer", figures.writer_day.usd());
    // Ten seconds, of which the first makes the table.
    assert!(figures.crowd_day.asked.puts <= 1.25 * 8_640_000.0, "{:?}", figures.crowd_day);
}

/// Minutes long; what `benches/figures.md` has of requests and dollars.
#[test]
#[ignore = "takes minutes: the figures in full"]
fn serverless_bill_in_full() {
    println!("{}", serverless::run(serverless::full()));
}
