//! What the functions cost in requests: an idle month, one writer, a hundred writers, a dashboard.
//!
//! Time is a paused clock; a store in a folder, whose calls count as the requests that they would be on S3. Every environment is an
//! engine of its own, as the function opens it; the schedules are those that `infra/` sets.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::StreamExt as _;
use tidewell_engine::{Answer, Engine, EngineConfig, Precision, ReadOptions, Verb, VerbOptions, WriteRequest};

use crate::bill::{Asked, START_NS, asked, env_of, in_folder, paused, sum};

const DAY_S: u64 = 86_400;
const MONTH_DAYS: f64 = 30.44;
const MINUTE_S: u64 = 60;
/// Seconds between two runs of each verb, as `infra/terraform/variables_events.tf` has them.
const SCHEDULES: [(Verb, u64); 6] = [
    (Verb::Fold, 5 * MINUTE_S),
    (Verb::Rollup, 15 * MINUTE_S),
    (Verb::Compact, 60 * MINUTE_S),
    (Verb::Tier, DAY_S),
    (Verb::Expire, DAY_S),
    (Verb::Collect, 6 * 60 * MINUTE_S),
];
static INVOCATION: AtomicU64 = AtomicU64::new(0);
static ENVIRONMENT: AtomicU64 = AtomicU64::new(100);
/// Dollars for a million invocations, <https://aws.amazon.com/lambda/pricing/>.
const INVOCATIONS_USD_PER_MILLION: f64 = 0.20;

/// How much of each is measured; the figures are those of the whole.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    pub(crate) idle_hours: u64,
    pub(crate) writer_minutes: u64,
    pub(crate) crowd_seconds: u64,
    pub(crate) dashboard_minutes: u64,
    pub(crate) history_days: u64,
}

/// Enough of each to tell the whole.
const FULL: Sizes =
    Sizes { idle_hours: 24, writer_minutes: 120, crowd_seconds: 120, dashboard_minutes: 60, history_days: 30 };

/// Each as it is: a month, and days; only the hundred writers' day is of minutes, which are all alike.
const WHOLE: Sizes =
    Sizes { idle_hours: 730, writer_minutes: 1440, crowd_seconds: 600, dashboard_minutes: 1440, history_days: 30 };

/// What is measured where there is time: all of it, if `TIDEWELL_BENCH_WHOLE` is 1.
pub(crate) fn full() -> Sizes {
    match std::env::var("TIDEWELL_BENCH_WHOLE").is_ok_and(|value| value == "1") {
        true => WHOLE,
        false => FULL,
    }
}

/// Requests, and how often a function was invoked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
    pub(crate) asked: Asked,
    pub(crate) invocations: f64,
}

impl Spent {
    fn times(self, factor: f64) -> Self {
        Self { asked: self.asked.times(factor), invocations: self.invocations * factor }
    }

    /// Dollars for requests to the store and for invocations; time and memory of the functions come on top.
    pub(crate) fn usd(&self) -> f64 {
        self.asked.usd + self.invocations / 1e6 * INVOCATIONS_USD_PER_MILLION
    }
}

/// What the four came to.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) idle_month: Spent,
    pub(crate) writer_day: Spent,
    pub(crate) crowd_day: Spent,
    pub(crate) dashboard_day: Spent,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = ["PUT", "GET", "LIST", "invocations", "USD"];
        let [put, get, list, invocations, usd] = header;
        writeln!(f, "{:44} {put:>10} {get:>11} {list:>8} {invocations:>12} {usd:>10}", "")?;
        for (what, spent) in [
            ("an idle month", &self.idle_month),
            ("a day of one writer, 1000 rows a second", &self.writer_day),
            ("a day of 100 writers, each once a second", &self.crowd_day),
            ("a day of 20 queries every 30 s", &self.dashboard_day),
        ] {
            let Asked { puts, gets, lists, .. } = spent.asked;
            let (invocations, usd) = (spent.invocations, spent.usd());
            writeln!(f, "{what:44} {puts:>10.0} {gets:>11.0} {lists:>8.0} {invocations:>12.0} {usd:>10.4}")?;
        }
        Ok(())
    }
}

/// Measures all four.
pub(crate) fn run(sizes: Sizes) -> Figures {
    let in_new_folder = |work: &dyn Fn(&Path) -> Spent| {
        let folder = tempfile::tempdir().unwrap();
        work(folder.path())
    };
    Figures {
        idle_month: in_new_folder(&|folder| paused().block_on(idle(folder, sizes))),
        writer_day: in_new_folder(&|folder| paused().block_on(writer(folder, sizes))),
        crowd_day: in_new_folder(&|folder| paused().block_on(crowd(folder, sizes))),
        dashboard_day: in_new_folder(&|folder| paused().block_on(dashboard(folder, sizes))),
    }
}

/// An environment of a function.
async fn environment(folder: &Path) -> Engine {
    let mut config: EngineConfig = in_folder(folder, "object");
    config.wal.flush_interval_ms = 1;
    config.limits.cache_bytes_max = 128 << 20;
    Engine::open(config, env_of(ENVIRONMENT.fetch_add(1, Ordering::Relaxed))).await.unwrap()
}

/// The function that maintains: every due verb in an environment of its own, which is the dearest that can be.
async fn maintain(folder: &Path, second: u64, spent: &mut Spent) {
    for (verb, _) in SCHEDULES.into_iter().filter(|(_, every_s)| second.is_multiple_of(*every_s)) {
        let engine = environment(folder).await;
        engine.maintain(verb, None, &VerbOptions::default(), &|_| {}).await.unwrap();
        spent.asked = sum(spent.asked, asked(&engine));
        spent.invocations += 1.0;
    }
}

async fn write(engine: &Engine, lines: String) {
    let request = WriteRequest {
        database: "default".to_owned(),
        precision: Precision::Nanosecond,
        ack: None,
        accept_partial: false,
        // A function's writes are named by their invocations.
        idempotency_key: Some(format!("lambda:{}", INVOCATION.fetch_add(1, Ordering::Relaxed))),
        body: lines.into(),
    };
    engine.write(request).await.unwrap();
}

fn lines(second: u64, hosts: std::ops::Range<u64>) -> String {
    let at = START_NS + i64::try_from(second).unwrap() * 1_000_000_000;
    hosts.map(|host| format!("m,host=h{host} v={}i {at}\n", (second * 7 + host) % 1000)).collect()
}

/// Nobody writes and nobody asks; the schedules go on.
async fn idle(folder: &Path, sizes: Sizes) -> Spent {
    let engine = environment(folder).await;
    write(&engine, lines(0, 0..10)).await;
    drop(engine);
    let mut spent = Spent::default();
    // What was written is folded, and its log is collected, before the month begins.
    for second in (0..DAY_S).step_by(300) {
        tokio::time::sleep(Duration::from_secs(300)).await;
        maintain(folder, second, &mut Spent::default()).await;
    }
    for second in (0..sizes.idle_hours * 3600).step_by(300) {
        tokio::time::sleep(Duration::from_secs(300)).await;
        maintain(folder, DAY_S + second, &mut spent).await;
    }
    spent.times(MONTH_DAYS * 24.0 / sizes.idle_hours as f64)
}

/// One environment that gets a thousand rows a second.
async fn writer(folder: &Path, sizes: Sizes) -> Spent {
    let engine = environment(folder).await;
    let mut spent = Spent::default();
    for second in 1..=sizes.writer_minutes * MINUTE_S {
        write(&engine, lines(second, 0..1000)).await;
        spent.invocations += 1.0;
        tokio::time::sleep(Duration::from_secs(1)).await;
        maintain(folder, second, &mut spent).await;
    }
    spent.asked = sum(spent.asked, asked(&engine));
    spent.times(1440.0 / sizes.writer_minutes as f64)
}

/// A hundred environments that each get ten rows a second.
async fn crowd(folder: &Path, sizes: Sizes) -> Spent {
    let mut engines = Vec::new();
    for _ in 0..100 {
        engines.push(environment(folder).await);
    }
    let mut spent = Spent::default();
    for second in 1..=sizes.crowd_seconds {
        let writes =
            engines.iter().zip(0..).map(|(engine, number)| write(engine, lines(second, number * 10..number * 10 + 10)));
        futures::future::join_all(writes).await;
        spent.invocations += engines.len() as f64;
        tokio::time::sleep(Duration::from_secs(1)).await;
        maintain(folder, second, &mut spent).await;
    }
    spent.asked = engines.iter().map(asked).fold(spent.asked, sum);
    spent.times(DAY_S as f64 / sizes.crowd_seconds as f64)
}

/// Rows of ten hosts each minute for a month, then a dashboard over them while they go on.
async fn dashboard(folder: &Path, sizes: Sizes) -> Spent {
    let engine = environment(folder).await;
    let mut minute = 0;
    for _ in 0..sizes.history_days * 24 {
        let hour: String = (0..60)
            .map(|_| {
                minute += 1;
                lines(minute * MINUTE_S, 0..10)
            })
            .collect();
        write(&engine, hour).await;
        tokio::time::sleep(Duration::from_secs(3600)).await;
        maintain(folder, 3600, &mut Spent::default()).await;
        if minute % 1440 == 0 {
            maintain(folder, DAY_S, &mut Spent::default()).await;
        }
    }
    let (readers, writer) = (environment(folder).await, environment(folder).await);
    let mut spent = Spent::default();
    for half in 1..=sizes.dashboard_minutes * 2 {
        if half % 2 == 0 {
            minute += 1;
            write(&writer, lines(minute * MINUTE_S, 0..10)).await;
        }
        for number in 0..20 {
            ask(&readers, number, minute * MINUTE_S).await;
            spent.invocations += 1.0;
        }
        tokio::time::sleep(Duration::from_secs(30)).await;
        let mut of_others = Spent::default();
        maintain(folder, half * 30, &mut of_others).await;
    }
    spent.asked = asked(&readers);
    spent.times(1440.0 / sizes.dashboard_minutes as f64)
}

/// Panels: of five hosts the last hour, day, week and month, in buckets.
async fn ask(engine: &Engine, number: u64, now_s: u64) {
    const SPANS_S: [u64; 4] = [3_600, DAY_S, 7 * DAY_S, 30 * DAY_S];
    let span_s = SPANS_S[(number % 4) as usize];
    let to = START_NS + i64::try_from(now_s).unwrap() * 1_000_000_000;
    let from = to - i64::try_from(span_s).unwrap() * 1_000_000_000;
    let sql = format!(
        "SELECT date_bin(INTERVAL '{} seconds', time) AS bucket, avg(v), max(v) FROM m WHERE host = 'h{}' \
         AND time > arrow_cast({from}, 'Timestamp(Nanosecond, None)') GROUP BY bucket ORDER BY bucket",
        span_s / 60,
        number / 4
    );
    let answer = engine.query_sql("default", &sql, BTreeMap::new(), &ReadOptions::default()).await;
    let Answer { mut rows, .. } = answer.unwrap();
    let mut count = 0;
    while let Some(batch) = rows.next().await {
        count += batch.unwrap().num_rows();
    }
    assert!(count > 0, "panel {number} is empty");
}
