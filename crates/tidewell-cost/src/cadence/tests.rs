//! What a budget buys, on a clock that is only counted.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;
use crate::budget::INTERVAL_MAX_DEFAULT;

const INTERVAL: Duration = Duration::from_millis(250);
/// What a put takes.
const PUT: Duration = Duration::from_millis(40);
const APPEND: Usage = Usage { gets: 2, heads: 0, puts: 1, lists: 0, deletes: 0, others: 0, bytes_in: 0, bytes_out: 0 };

fn cadence(usd_per_month: f64) -> Arc<Cadence> {
    let budget = Budget::new(usd_per_month, INTERVAL_MAX_DEFAULT).unwrap();
    Cadence::new(INTERVAL, Prices::default(), Some(budget), Duration::ZERO)
}

/// One flush of a write that comes at `now`: when its object was put.
fn flush(pacer: &mut Pacer, now: Duration, usage: &Usage) -> Duration {
    let put = now + pacer.pause(now);
    pacer.begin(put);
    pacer.spend(put + PUT, usage);
    put
}

/// A log, the writes that come to it, and what putting each costs.
struct Log {
    pacer: Pacer,
    writes: VecDeque<(Duration, Usage)>,
    free: Duration,
    putting: Option<(Duration, Usage)>,
}

impl Log {
    fn new(cadence: &Arc<Cadence>, writes: impl Iterator<Item = (Duration, Usage)>) -> Self {
        Self { pacer: cadence.pacer(), writes: writes.collect(), free: Duration::ZERO, putting: None }
    }

    /// When something happens here next.
    fn next(&self) -> Option<Duration> {
        let waiting = || self.writes.front().map(|(at, _)| (*at).max(self.free));
        self.putting.map(|(put, _)| put + PUT).or_else(waiting)
    }

    /// Lets it happen; the pause where a write began to wait.
    fn step(&mut self, now: Duration) -> Option<(Duration, Usage)> {
        if let Some((_, usage)) = self.putting.take() {
            self.pacer.spend(now, &usage);
            self.free = now;
            return None;
        }
        let (_, usage) = self.writes.pop_front()?;
        let pause = self.pacer.pause(now);
        self.pacer.begin(now + pause);
        self.putting = Some((now + pause, usage));
        Some((pause, usage))
    }
}

/// Runs logs beside each other in the order of time: each put with its pause and what it took.
fn run(mut logs: Vec<Log>) -> Vec<(Duration, Duration, Usage)> {
    let mut puts = Vec::new();
    while let Some((now, log)) = logs.iter_mut().filter_map(|log| Some((log.next()?, log))).min_by_key(|(now, _)| *now)
    {
        let asked = log.step(now);
        puts.extend(asked.map(|(pause, usage)| (now + pause, pause, usage)));
    }
    puts.sort_by_key(|(put, ..)| *put);
    puts
}

#[test]
fn pace_without_a_budget_is_the_interval_whatever_it_costs() {
    let mut pacer = Cadence::fixed(INTERVAL).pacer();
    let mut now = Duration::from_secs(1_000);
    assert_eq!(pacer.pause(now), Duration::ZERO);
    for _ in 0..10_000 {
        let put = flush(&mut pacer, now, &Usage { puts: 1_000, ..Usage::default() });
        now = put + PUT;
        assert_eq!(pacer.pause(now), INTERVAL - PUT);
    }
    assert_eq!(pacer.pause(now + INTERVAL), Duration::ZERO);
}

#[test]
fn pace_of_a_busy_writer_comes_to_cost_over_income() {
    for usd in [1.0, 5.0, 15.0, 50.0] {
        let cadence = cadence(usd);
        let mut pacer = cadence.pacer();
        let (mut now, mut last) = (Duration::ZERO, Duration::ZERO);
        for _ in 0..20_000 {
            last = now;
            now = flush(&mut pacer, now, &APPEND) + PUT;
        }
        let expected = Prices::default().append_usd() / usd * MONTH.as_secs_f64();
        let interval = (now - last).as_secs_f64();
        assert!((interval - expected).abs() < 1e-6, "${usd}: {interval} s of {expected} s");
        let status = cadence.status(now);
        assert_eq!(status.overspent_usd, 0.0);
        assert_eq!(status.interval_ms_busy, (expected * 1e3) as u64);
        assert!((status.projected_usd_per_month / usd - 1.0).abs() < 0.05, "{status:?}");
    }
}

#[test]
fn pace_of_a_large_budget_is_the_interval() {
    let cadence = cadence(1_000.0);
    let mut pacer = cadence.pacer();
    let mut now = Duration::ZERO;
    for _ in 0..1_000 {
        let put = flush(&mut pacer, now, &APPEND);
        assert!(put == now || put == now + INTERVAL - PUT);
        now = put + PUT;
    }
    assert_eq!(cadence.status(now).interval_ms_busy, 250);
}

#[test]
fn lone_write_after_a_quiet_time_waits_for_nothing() {
    let cadence = cadence(1.0);
    let mut pacer = cadence.pacer();
    let mut now = Duration::ZERO;
    assert_eq!(pacer.pause(now), Duration::ZERO);
    for _ in 0..500 {
        now = flush(&mut pacer, now, &APPEND) + PUT;
    }
    assert!(pacer.pause(now) > Duration::from_secs(10));
    now += Duration::from_secs(900);
    for _ in 0..50 {
        assert_eq!(flush(&mut pacer, now, &APPEND), now);
        now += INTERVAL;
    }
}

#[test]
fn budget_too_small_for_the_longest_wait_is_exceeded_and_says_so() {
    let cadence = cadence(0.05);
    let mut pacer = cadence.pacer();
    let mut now = Duration::ZERO;
    for _ in 0..1_000 {
        let put = flush(&mut pacer, now, &APPEND);
        assert!(put <= now + INTERVAL_MAX_DEFAULT);
        now = put + PUT;
    }
    let status = cadence.status(now);
    let excess = status.log_usd - 0.05 / MONTH.as_secs_f64() * now.as_secs_f64();
    assert!(status.overspent_usd > 0.0 && status.overspent_usd <= excess, "{status:?}");
    assert!(status.overspent_usd > excess * 0.9, "{status:?}");
    assert_eq!((status.interval_ms_max, status.interval_ms_busy), (Some(60_000), 60_000));
}

#[test]
fn other_spending_makes_the_log_slower() {
    let cadence = cadence(15.0);
    let mut pacer = cadence.pacer();
    let query = Usage { gets: 10, lists: 1, ..Usage::default() };
    let (mut now, mut before, mut queries) = (Duration::ZERO, Duration::ZERO, 0);
    for flushes in 0..10_000 {
        now = flush(&mut pacer, now, &APPEND) + PUT;
        while Duration::from_secs(queries * 3) < now {
            cadence.charge_other(now, &query);
            queries += 1;
        }
        if flushes == 8_999 {
            before = now;
        }
    }
    // A query each three seconds costs half of what accrues.
    let left = 15.0 / MONTH.as_secs_f64() - Prices::default().requests_usd(&query) / 3.0;
    let expected = Prices::default().append_usd() / left;
    let interval = (now - before).as_secs_f64() / 1_000.0;
    assert!((interval / expected - 1.0).abs() < 0.02, "{interval} of {expected}");
    let status = cadence.status(now);
    assert!((status.interval_ms_busy as f64 / 1e3 / expected - 1.0).abs() < 0.05, "{status:?}");
    assert!((status.projected_usd_per_month / 15.0 - 1.0).abs() < 0.05, "{status:?}");
    assert!(status.other_usd > status.log_usd * 0.5 && status.overspent_usd == 0.0);
}

#[test]
fn logs_of_one_process_share_its_budget() {
    let cadence = cadence(10.0);
    let busy = || (0..20_000).map(|_| (Duration::ZERO, APPEND));
    let puts = run((0..5).map(|_| Log::new(&cadence, busy())).collect());
    let end = Duration::from_secs(20_000);
    let usd = puts.iter().filter(|(put, ..)| *put < end).count() as f64 * Prices::default().append_usd();
    let income = 10.0 / MONTH.as_secs_f64();
    assert!((usd / (income * 20_000.0) - 1.0).abs() < 0.01, "${usd}");
}

#[test]
fn pause_that_nothing_comes_of_costs_nothing() {
    let cadence = cadence(1.0);
    let mut pacer = cadence.pacer();
    let credit = cadence.status(Duration::ZERO).credit_usd;
    for _ in 0..1_000 {
        assert_eq!(pacer.pause(Duration::ZERO), Duration::ZERO);
    }
    pacer.spend(Duration::ZERO, &Usage::default());
    let status = cadence.status(Duration::ZERO);
    assert!((status.credit_usd - credit).abs() < 1e-15);
    assert_eq!(status.flush_count, 0);
}

#[test]
fn mean_cost_follows_what_is_measured() {
    let cadence = cadence(100.0);
    let mut pacer = cadence.pacer();
    let quorum = Usage { puts: 3, gets: 2, ..Usage::default() };
    let mut now = Duration::ZERO;
    for _ in 0..100 {
        now = flush(&mut pacer, now, &quorum) + PUT;
    }
    let usd = Prices::default().requests_usd(&quorum);
    assert!((cadence.status(now).flush_usd / usd - 1.0).abs() < 1e-5);
}

proptest! {
    /// Whatever comes when: no wait is longer than the maximum, and where none was cut short, no window costs more than its
    /// income and what may be saved, but for what the last flushes cost more than was expected.
    #[test]
    fn spending_of_any_window_stays_within_its_income_and_the_savings(
        usd in 0.5..100.0_f64,
        log_count in 1..4_usize,
        arrivals in proptest::collection::vec((0..30_000_u64, 0..4_usize, 2..5_u64), 1..300),
    ) {
        let cadence = cadence(usd);
        let (mut now, mut writes) = (Duration::ZERO, vec![Vec::new(); log_count]);
        for (wait_ms, log, gets) in arrivals {
            now += Duration::from_millis(wait_ms);
            writes[log % log_count].push((now, Usage { gets, ..APPEND }));
        }
        let puts = run(writes.into_iter().map(|writes| Log::new(&cadence, writes.into_iter())).collect());
        prop_assert!(puts.iter().all(|(_, pause, _)| *pause <= INTERVAL_MAX_DEFAULT));
        let was_cut_short = puts.iter().any(|(_, pause, _)| *pause == INTERVAL_MAX_DEFAULT);
        let income = usd / MONTH.as_secs_f64();
        let dearest = Prices::default().requests_usd(&Usage { gets: 5, ..APPEND });
        let slack = (income * 3_600.0).max(dearest) + (log_count + 1) as f64 * dearest;
        for (index, (from, ..)) in puts.iter().enumerate().filter(|_| !was_cut_short) {
            let mut spent = 0.0;
            for (to, _, usage) in &puts[index..] {
                spent += Prices::default().requests_usd(usage);
                prop_assert!(spent <= income * (*to - *from).as_secs_f64() + slack, "{spent} in {:?}", *to - *from);
            }
        }
    }
}
