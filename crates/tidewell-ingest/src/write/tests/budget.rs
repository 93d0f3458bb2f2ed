//! A budget sets the pace, and every write says what it cost.

use std::collections::BTreeMap;

use tidewell_cost::{Budget, INTERVAL_MAX_DEFAULT, LedgerLimits, MONTH, Prices};

use super::*;

const INTERVAL: Duration = Duration::from_millis(100);

fn cadence(usd_per_month: f64) -> Arc<Cadence> {
    let budget = Budget::new(usd_per_month, INTERVAL_MAX_DEFAULT).unwrap();
    Cadence::new(INTERVAL, Prices::default(), Some(budget), Duration::ZERO)
}

fn paced(cadence: &Arc<Cadence>) -> IngestConfig {
    IngestConfig { cadence: Arc::clone(cadence), ..config(AckLevel::Object) }
}

fn booked(ledger: &Arc<Ledger>, level: AckLevel) -> IngestConfig {
    IngestConfig { ledger: Some(Arc::clone(ledger)), ..config(level) }
}

fn ledger() -> Arc<Ledger> {
    Arc::new(Ledger::new(Prices::default(), LedgerLimits::default()))
}

/// Writes without a pause until `end`; the PUTs that took, and the longest wait.
async fn write_until(bench: &Bench, end: Duration) -> (u64, Duration) {
    let (start, before) = (tokio::time::Instant::now(), bench.store.meter().snapshot().puts);
    let (mut number, mut longest) = (0, Duration::ZERO);
    while start.elapsed() < end {
        let asked = tokio::time::Instant::now();
        bench.write(&format!("m v={number} {number}")).await.unwrap();
        longest = longest.max(asked.elapsed());
        number += 1;
    }
    (bench.store.meter().snapshot().puts - before, longest)
}

#[tokio::test(start_paused = true)]
async fn busy_writer_keeps_to_its_budget() {
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    let free = Bench::objects(&memory(), 2).await;
    let (puts, _) = write_until(&free, minutes(2)).await;
    assert!(puts > 1_000, "{puts} without a budget");

    let cadence = cadence(20.0);
    let bench = Bench::start(&memory(), 2, paced(&cadence), None).await;
    // What it began with is spent in the first minutes.
    write_until(&bench, minutes(5)).await;
    let before = bench.store.meter().snapshot();
    let (puts, longest) = write_until(&bench, minutes(20)).await;
    let usd = Prices::default().requests_usd(&(bench.store.meter().snapshot() - before));
    let income = 20.0 / MONTH.as_secs_f64() * minutes(20).as_secs_f64();
    assert!(usd <= income * 1.005 && usd >= income * 0.99, "${usd} of ${income} for {puts} objects");
    let expected = Prices::default().append_usd() / 20.0 * MONTH.as_secs_f64();
    assert!((longest.as_secs_f64() - expected).abs() < 0.01, "{longest:?} of {expected} s");
    let status = cadence.status(minutes(25));
    assert!((status.projected_usd_per_month / 20.0 - 1.0).abs() < 0.2 && status.overspent_usd == 0.0, "{status:?}");
}

#[tokio::test(start_paused = true)]
async fn databases_of_one_process_share_its_budget() {
    let cadence = cadence(20.0);
    let first = Bench::start(&memory(), 2, paced(&cadence), None).await;
    let second = Bench::start(&memory(), 3, paced(&cadence), None).await;
    let end = Duration::from_secs(1_200);
    let ((one, _), (other, _)) = futures::join!(write_until(&first, end), write_until(&second, end));
    let usd = (one + other) as f64 * Prices::default().append_usd();
    let income = 20.0 / MONTH.as_secs_f64() * (end.as_secs_f64() + 60.0);
    assert!(usd <= income * 1.01 && usd >= income * 0.95, "${usd} of ${income}");
    assert!(one.abs_diff(other) < (one + other) / 5, "{one} and {other}");
}

#[tokio::test(start_paused = true)]
async fn lone_write_under_a_small_budget_waits_for_nothing() {
    let bench = Bench::start(&memory(), 2, paced(&cadence(1.0)), None).await;
    bench.write("m v=1 1").await.unwrap();
    for number in 2..20 {
        tokio::time::sleep(Duration::from_secs(120)).await;
        let asked = tokio::time::Instant::now();
        bench.write(&format!("m v={number} {number}")).await.unwrap();
        assert!(asked.elapsed() < Duration::from_millis(5), "{:?}", asked.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn write_under_a_budget_that_nothing_can_keep_waits_for_the_longest_time_only() {
    let cadence = cadence(0.01);
    let bench = Bench::start(&memory(), 2, paced(&cadence), None).await;
    let (puts, longest) = write_until(&bench, Duration::from_secs(6_000)).await;
    assert!(longest <= INTERVAL_MAX_DEFAULT + Duration::from_millis(5), "{longest:?}");
    assert!((99..=103).contains(&puts), "{puts}");
    assert!(cadence.status(Duration::from_secs(6_000)).overspent_usd > 0.0);
}

#[tokio::test(start_paused = true)]
async fn write_that_waits_for_money_is_answered_soon_once_the_process_ends() {
    let cadence = cadence(0.01);
    let bench = Bench::start(&memory(), 2, paced(&cadence), None).await;
    bench.write("m v=1 1").await.unwrap();
    let start = tokio::time::Instant::now();
    let end = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        cadence.hurry();
    };
    futures::join!(end, async { bench.write("m v=2 2").await.unwrap() });
    assert!(start.elapsed() < Duration::from_millis(6_100), "{:?}", start.elapsed());
    bench.write("m v=3 3").await.unwrap();
    assert!(start.elapsed() < Duration::from_millis(6_200), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn lone_write_says_what_it_cost() {
    let bench = Bench::objects(&memory(), 2).await;
    let first = bench.write("m v=1 1").await.unwrap().cost;
    let append = Usage { puts: 1, gets: 2, ..Usage::default() };
    let requests = |usage: Usage| Usage { bytes_in: 0, bytes_out: 0, ..usage };
    assert_eq!((requests(first.entry), first.writes, first.share), (append, 1, 1.0));
    assert_eq!((first.own.puts, first.usage()), (1, first.entry + first.own));
    let before = bench.store.meter().snapshot();
    let second = bench.write("m v=2 2").await.unwrap().cost;
    assert_eq!((second.own, second.entry), (Usage::default(), bench.store.meter().snapshot() - before));
    assert!((second.usd(&Prices::default()) - 5.8e-6).abs() < 1e-12);
    assert!(second.entry.bytes_out > 100);
}

#[tokio::test(start_paused = true)]
async fn writes_of_one_entry_share_its_cost_by_their_bytes() {
    let bench = Bench::objects(&memory(), 2).await;
    bench.write("m v=1 1").await.unwrap();
    let before = bench.store.meter().snapshot();
    let rows = |count| (0..count).map(|row| format!("m v={row} {row}\n")).collect::<String>();
    let bodies: Vec<String> = (0..30).map(|number| rows(if number % 2 == 0 { 1 } else { 5_000 })).collect();
    let outcomes = join_all(bodies.iter().map(|body| bench.write(body))).await;
    let mut entries: BTreeMap<(Source, Seq), Vec<WriteCost>> = BTreeMap::new();
    for outcome in outcomes {
        let outcome = outcome.unwrap();
        let token = outcome.token.unwrap();
        entries.entry((token.source, token.seq)).or_default().push(outcome.cost);
    }
    let mut usd = 0.0;
    for costs in entries.values() {
        assert!(costs.iter().all(|cost| cost.writes == costs.len() && cost.entry == costs[0].entry));
        assert!((costs.iter().map(|cost| cost.share).sum::<f64>() - 1.0).abs() < 1e-9);
        usd += costs.iter().map(|cost| cost.usd(&Prices::default())).sum::<f64>();
    }
    let used = bench.store.meter().snapshot() - before;
    assert!((usd - Prices::default().requests_usd(&used)).abs() < 1e-12);
    let largest = entries.values().max_by_key(|costs| costs.len()).unwrap();
    let share = |by: fn(f64, f64) -> f64| largest.iter().map(|cost| cost.share).reduce(by).unwrap();
    let ratio = share(f64::max) / share(f64::min);
    assert!((2_000.0..6_000.0).contains(&ratio), "{ratio}");
}

#[tokio::test(start_paused = true)]
async fn ledger_has_every_request_of_the_write_path_by_table() {
    let (store, ledger) = (memory(), ledger());
    let bench = Bench::start(&store, 2, booked(&ledger, AckLevel::Object), None).await;
    let before = store.meter().snapshot();
    for number in 0..10 {
        let small = format!("small v={number} {number}\n");
        let large: String = (0..200).map(|row| format!("large,host=h{row} v={number},w=1i {number}\n")).collect();
        bench.write(&(small + &large)).await.unwrap();
    }
    let used = store.meter().snapshot() - before;
    let snapshot = ledger.snapshot();
    assert!((snapshot.writes.requests - used.requests() as f64).abs() < 1e-9, "{snapshot:?} of {used:?}");
    assert!((snapshot.writes.usd - Prices::default().requests_usd(&used)).abs() < 1e-12);
    assert!((snapshot.writes.bytes_written - used.bytes_out as f64).abs() < 1e-6);
    let names: Vec<_> =
        snapshot.tables.iter().map(|row| (row.database.as_str(), row.table.as_deref().unwrap())).collect();
    assert_eq!(names, [("d", "large"), ("d", "small")]);
    assert!(snapshot.tables[0].writes.usd > 1.5 * snapshot.tables[1].writes.usd);
}

#[tokio::test(start_paused = true)]
async fn write_that_is_not_acknowledged_is_booked_too() {
    let (healthy, ledger) = (memory(), ledger());
    let (store, is_broken) = breakable(&healthy, Fault::ApplyThenLose);
    let bench = Bench::start(&store, 2, booked(&ledger, AckLevel::Object), None).await;
    bench.write("m v=1 1").await.unwrap();
    let before = ledger.snapshot().writes;
    is_broken.store(true, Ordering::Relaxed);
    assert!(matches!(bench.write("m v=2 2").await, Err(IngestError::Unknown(_))));
    assert!(ledger.snapshot().writes.usd > before.usd + 5e-6);
}

#[tokio::test(start_paused = true)]
async fn write_to_a_local_log_costs_nothing_but_its_new_columns() {
    let ledger = ledger();
    let bench = Bench::start(&memory(), 2, booked(&ledger, AckLevel::None), None).await;
    let first = bench.write("m v=1 1").await.unwrap().cost;
    assert!(first.own.puts == 1 && first.entry == Usage::default() && first.writes == 0);
    let requests = ledger.snapshot().writes.requests;
    let second = bench.write("m v=2 2").await.unwrap().cost;
    assert_eq!((second, second.usd(&Prices::default())), (WriteCost::default(), 0.0));
    assert_eq!(ledger.snapshot().writes.requests, requests);
}

#[tokio::test(start_paused = true)]
async fn repetition_of_a_request_costs_nothing() {
    let bench = Bench::objects(&memory(), 2).await;
    let keyed = || WriteRequest { token: Some(crate::token_of_key("k")), ..request("m v=1 1") };
    assert_eq!(bench.ingest.write(keyed()).await.unwrap().cost.writes, 1);
    let again = bench.ingest.write(keyed()).await.unwrap();
    assert!(again.is_duplicate);
    assert_eq!(again.cost, WriteCost::default());
}
