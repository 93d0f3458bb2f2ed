//! Requests for each append, commit, cold open and query, and the bill of an idle and a busy day.
//!
//! The days pass on a paused clock: a server with its background work, a store in memory whose requests are counted.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use tidewell_engine::{Answer, Engine, EngineConfig, Precision, ReadOptions, StoreStatus, StoreUrl, WriteRequest};
use tidewell_env::{Clock, Env};
use tidewell_types::TimestampNs;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

pub(crate) const START_NS: i64 = 1_600_000_000_000_000_000;
const ROWS_PER_WRITE: u64 = 10;
const QUERY_EVERY_S: u64 = 30;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// Lengths of the histories that are opened cold, each a store of its own.
    pub(crate) commits: [u64; 3],
    /// How much of a day passes; its bill is that of a whole one.
    pub(crate) day_hours: u64,
}

/// Requests of a kind of work, by kind of request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Asked {
    pub(crate) puts: f64,
    pub(crate) gets: f64,
    pub(crate) lists: f64,
    pub(crate) deletes: f64,
    pub(crate) usd: f64,
}

impl Asked {
    fn of(status: &StoreStatus) -> Self {
        Self {
            puts: (status.puts + status.others) as f64,
            gets: (status.gets + status.heads) as f64,
            lists: status.lists as f64,
            deletes: status.deletes as f64,
            usd: status.price_usd,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            puts: self.puts - other.puts,
            gets: self.gets - other.gets,
            lists: self.lists - other.lists,
            deletes: self.deletes - other.deletes,
            usd: self.usd - other.usd,
        }
    }

    pub(crate) fn times(self, factor: f64) -> Self {
        Self {
            puts: self.puts * factor,
            gets: self.gets * factor,
            lists: self.lists * factor,
            deletes: self.deletes * factor,
            usd: self.usd * factor,
        }
    }

    /// All of them.
    pub(crate) fn total(&self) -> f64 {
        self.puts + self.gets + self.lists + self.deletes
    }
}

/// What one run counted.
#[derive(Debug)]
pub(crate) struct Bill {
    /// A lone write that waits for its log object.
    pub(crate) append: Asked,
    /// A write to the local log.
    pub(crate) local_append: Asked,
    /// A fold of one log object: list, read, stage, commit.
    pub(crate) commit: Asked,
    /// A history's commits, and opening it and asking for its newest row in a fresh process.
    pub(crate) cold: Vec<(u64, Asked, Asked)>,
    /// The same query again.
    pub(crate) warm_query: Asked,
    /// A server to which nobody talks.
    pub(crate) idle_day: Asked,
    /// A write of ten rows each second and a query each half minute.
    pub(crate) busy_day: Asked,
}

impl fmt::Display for Bill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:44} {:>9} {:>9} {:>7} {:>8} {:>9} {:>12}", "", "PUT", "GET", "LIST", "DELETE", "all", "USD")?;
        line(f, "append, object log", &self.append)?;
        line(f, "append, local log", &self.local_append)?;
        line(f, "commit of a fold", &self.commit)?;
        for (commits, open, query) in &self.cold {
            line(f, &format!("cold open after {commits} commits"), open)?;
            line(f, &format!("first query after {commits} commits"), query)?;
        }
        line(f, "query again", &self.warm_query)?;
        line(f, "idle day", &self.idle_day)?;
        line(f, "busy day (a write a second, 2 queries a minute)", &self.busy_day)
    }
}

fn line(f: &mut fmt::Formatter<'_>, what: &str, asked: &Asked) -> fmt::Result {
    let Asked { puts, gets, lists, deletes, usd } = asked;
    let all = asked.total();
    writeln!(f, "{what:44} {puts:>9.1} {gets:>9.1} {lists:>7.1} {deletes:>8.1} {all:>9.1} {usd:>12.6}")
}

/// The runtime's clock, which stands still while there is work and leaps to the next timer when there is none.
struct PausedClock(Instant);

impl Clock for PausedClock {
    fn now(&self) -> TimestampNs {
        let since = i64::try_from(self.0.elapsed().as_nanos()).unwrap();
        TimestampNs::from_ns(START_NS + since)
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

pub(crate) fn paused() -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(true).build().unwrap()
}

fn env() -> Env {
    env_of(11)
}

/// The ids of processes must differ, and so their seeds.
pub(crate) fn env_of(seed: u64) -> Env {
    Env::seeded(seed, Arc::new(PausedClock(Instant::now())))
}

fn config(store: StoreUrl, mode: &str) -> EngineConfig {
    let mut config = EngineConfig { store, background: false, ..EngineConfig::default() };
    config.wal.mode = Some(mode.parse().unwrap());
    config
}

pub(crate) fn in_folder(folder: &std::path::Path, mode: &str) -> EngineConfig {
    let mut config = config(folder.join("store").display().to_string().parse().unwrap(), mode);
    config.wal.dir = folder.join("wal");
    config
}

/// Rows of a write, the next seconds of ten hosts.
async fn write(engine: &Engine, number: u64) {
    let row = |row| format!("m,host=h{row} v={number}i {}\n", START_NS + (number as i64) * 1_000_000_000);
    let request = WriteRequest {
        database: "default".to_owned(),
        precision: Precision::Nanosecond,
        ack: None,
        accept_partial: false,
        idempotency_key: None,
        body: (0..ROWS_PER_WRITE).map(row).collect::<String>().into(),
    };
    engine.write(request).await.unwrap();
}

/// The newest minute of one host.
async fn query(engine: &Engine, number: u64) -> usize {
    let from = START_NS + (number as i64 - 59) * 1_000_000_000;
    let sql = format!(
        "SELECT v FROM m WHERE host = 'h1' AND time >= arrow_cast({from}, 'Timestamp(Nanosecond, None)') ORDER BY time DESC"
    );
    let Answer { mut rows, .. } =
        engine.query_sql("default", &sql, BTreeMap::new(), &ReadOptions::default()).await.unwrap();
    let mut count = 0;
    while let Some(batch) = rows.next().await {
        count += batch.unwrap().num_rows();
    }
    count
}

pub(crate) fn asked(engine: &Engine) -> Asked {
    Asked::of(&engine.status().requests)
}

/// Counts all that is counted.
pub(crate) fn run(size: Size) -> Bill {
    let (append, commit) = paused().block_on(append_and_commit());
    let (mut cold, mut warm_query) = (Vec::new(), Asked::default());
    for commits in size.commits {
        let (open, first, again) = paused().block_on(cold_open(commits));
        cold.push((commits, open, first));
        warm_query = again;
    }
    Bill {
        append,
        local_append: paused().block_on(local_append()),
        commit,
        cold,
        warm_query,
        idle_day: paused().block_on(day(size.day_hours, false)),
        busy_day: paused().block_on(day(size.day_hours, true)),
    }
}

async fn append_and_commit() -> (Asked, Asked) {
    const TIMES: u64 = 20;
    let engine = Engine::open(config(StoreUrl::Memory, "object"), env()).await.unwrap();
    // The first makes the database, its table and its generation.
    write(&engine, 0).await;
    engine.fold(None, None).await.unwrap();
    let (mut append, mut commit) = (Asked::default(), Asked::default());
    for number in 1..=TIMES {
        tokio::time::sleep(Duration::from_secs(10)).await;
        let before = asked(&engine);
        write(&engine, number).await;
        let written = asked(&engine);
        engine.fold(None, None).await.unwrap();
        append = sum(append, written.minus(before));
        commit = sum(commit, asked(&engine).minus(written));
    }
    (append.times(1.0 / TIMES as f64), commit.times(1.0 / TIMES as f64))
}

pub(crate) fn sum(one: Asked, other: Asked) -> Asked {
    one.minus(other.times(-1.0))
}

async fn local_append() -> Asked {
    const TIMES: u64 = 20;
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(in_folder(folder.path(), "every-write"), env()).await.unwrap();
    write(&engine, 0).await;
    let before = asked(&engine);
    for number in 1..=TIMES {
        write(&engine, number).await;
    }
    asked(&engine).minus(before).times(1.0 / TIMES as f64)
}

/// Opening a history of so many commits in a fresh process, the first query, and the second.
async fn cold_open(commits: u64) -> (Asked, Asked, Asked) {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::open(in_folder(folder.path(), "object"), env()).await.unwrap();
    for number in 0..commits {
        write(&engine, number).await;
        engine.fold(None, None).await.unwrap();
    }
    drop(engine);
    let engine = Engine::open(in_folder(folder.path(), "object"), env()).await.unwrap();
    let opened = asked(&engine);
    assert_eq!(query(&engine, commits - 1).await as u64, commits.min(60));
    let first = asked(&engine);
    query(&engine, commits - 1).await;
    (opened, first.minus(opened), asked(&engine).minus(first))
}

/// A server's day, from a part of one.
async fn day(hours: u64, is_busy: bool) -> Asked {
    let mut config = config(StoreUrl::Memory, "object");
    config.background = true;
    config.maintain.interval_ms = 600_000;
    let engine = Engine::open(config, env()).await.unwrap();
    write(&engine, 0).await;
    // An hour in which it comes to rest.
    tokio::time::sleep(Duration::from_secs(2 * 3_600)).await;
    let before = asked(&engine);
    if !is_busy {
        tokio::time::sleep(Duration::from_secs(hours * 3_600)).await;
    }
    for second in 0..if is_busy { hours * 3_600 } else { 0 } {
        write(&engine, 7_200 + second).await;
        if second % QUERY_EVERY_S == 0 {
            query(&engine, 7_200 + second).await;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    asked(&engine).minus(before).times(24.0 / hours as f64)
}
