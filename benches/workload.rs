//! The TSBS-like workload: what it writes, what it asks, what it prints.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

use futures::StreamExt as _;
use tidewell_engine::{Answer, Engine, EngineConfig, Precision, ReadOptions, Status, WriteRequest};
use tidewell_env::Env;

const START_NS: u64 = 1_451_606_400_000_000_000;
const STEP_NS: u64 = 10_000_000_000;
const ROWS_PER_WRITE: u64 = 5_000;
const FIELDS: [&str; 10] = [
    "usage_user",
    "usage_system",
    "usage_idle",
    "usage_nice",
    "usage_iowait",
    "usage_irq",
    "usage_softirq",
    "usage_steal",
    "usage_guest",
    "usage_guest_nice",
];

/// How much is written: one row a host and step of ten seconds, of ten tags and ten integer fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) hosts: u64,
    pub(crate) steps: u64,
}

impl Size {
    pub(crate) fn rows(self) -> u64 {
        self.hosts * self.steps
    }
}

/// What one run measured.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) rows: u64,
    pub(crate) write_seconds: f64,
    pub(crate) fold_seconds: f64,
    pub(crate) bytes_per_value: f64,
    pub(crate) write_requests: u64,
    pub(crate) fold_requests: u64,
    pub(crate) price_usd: f64,
    pub(crate) queries: Vec<QueryReport>,
}

/// One query, first from the store and then from the cache.
#[derive(Debug)]
pub(crate) struct QueryReport {
    pub(crate) name: &'static str,
    pub(crate) rows: usize,
    pub(crate) cold_ms: f64,
    pub(crate) warm_ms: f64,
    pub(crate) cold_requests: u64,
    pub(crate) warm_requests: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, values) = (self.rows as f64, (self.rows * FIELDS.len() as u64) as f64);
        writeln!(f, "rows                 {} ({} field values)", self.rows, values)?;
        writeln!(f, "write                {:.0} rows/s, {} requests", rows / self.write_seconds, self.write_requests)?;
        writeln!(f, "fold                 {:.0} rows/s, {} requests", rows / self.fold_seconds, self.fold_requests)?;
        writeln!(f, "on disk              {:.3} bytes per field value", self.bytes_per_value)?;
        writeln!(f, "requests             ${:.6} at S3 list prices", self.price_usd)?;
        writeln!(f, "{:20} {:>8} {:>10} {:>10} {:>6} {:>6}", "query", "rows", "cold ms", "warm ms", "cold", "warm")?;
        for query in &self.queries {
            let QueryReport { name, rows, cold_ms, warm_ms, cold_requests, warm_requests } = query;
            writeln!(f, "{name:20} {rows:>8} {cold_ms:>10.1} {warm_ms:>10.1} {cold_requests:>6} {warm_requests:>6}")?;
        }
        Ok(())
    }
}

/// A small generator of its own, so that every run writes the same bytes.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// The lines of every host at some steps; usages walk by at most one a step, as the benchmark's do.
fn lines(size: Size, steps: std::ops::Range<u64>, usages: &mut [[i64; 10]], dice: &mut Dice) -> String {
    const REGIONS: [&str; 3] = ["eu-central-1", "us-west-1", "sa-east-1"];
    let mut text = String::new();
    for step in steps {
        for host in 0..size.hosts {
            let region = REGIONS[(host % 3) as usize];
            text.push_str(&format!(
                "cpu,hostname=host_{host},region={region},datacenter={region}a,rack={},os=Ubuntu16.04LTS,arch=x64,team=NYC,\
                 service={},service_version={},service_environment=test ",
                host % 100,
                host % 20,
                host % 2
            ));
            for (index, (name, usage)) in FIELDS.iter().zip(&mut usages[host as usize]).enumerate() {
                *usage = (*usage + dice.roll(3) as i64 - 1).clamp(0, 100);
                let comma = if index == 0 { "" } else { "," };
                text.push_str(&format!("{comma}{name}={usage}i"));
            }
            text.push_str(&format!(" {}\n", START_NS + step * STEP_NS));
        }
    }
    text
}

/// Writes, folds and asks on a fresh local store.
pub(crate) async fn run(size: Size) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let mut config = EngineConfig { background: false, ..EngineConfig::default() };
    config.store = folder.path().join("store").display().to_string().parse().unwrap();
    config.wal.dir = folder.path().join("wal");
    config.limits.buffer_bytes_max = 4 << 30;
    let engine = Engine::open(config.clone(), Env::system()).await.unwrap();
    let write_seconds = write_all(&engine, size).await;
    let written = engine.status();
    let started = Instant::now();
    engine.fold(None, None).await.unwrap();
    let fold_seconds = started.elapsed().as_secs_f64();
    let folded = engine.status();
    let (bytes, values) = folded
        .databases
        .iter()
        .fold((0, 0), |(bytes, values), database| (bytes + database.segment_bytes, values + database.segment_values));
    drop(engine);
    Report {
        rows: size.rows(),
        write_seconds,
        fold_seconds,
        bytes_per_value: bytes as f64 / values as f64,
        write_requests: requests(&written),
        fold_requests: requests(&folded) - requests(&written),
        price_usd: folded.requests.price_usd,
        queries: ask_all(&config, size).await,
    }
}

fn requests(status: &Status) -> u64 {
    let requests = status.requests;
    requests.gets + requests.heads + requests.puts + requests.lists + requests.deletes + requests.others
}

async fn write_all(engine: &Engine, size: Size) -> f64 {
    let (mut usages, mut dice) = (vec![[50; 10]; size.hosts as usize], Dice(7));
    let steps_per_write = (ROWS_PER_WRITE / size.hosts).max(1);
    let mut seconds = 0.0;
    for first in (0..size.steps).step_by(steps_per_write as usize) {
        let body = lines(size, first..(first + steps_per_write).min(size.steps), &mut usages, &mut dice).into();
        let started = Instant::now();
        let database = "default".to_owned();
        let request = WriteRequest {
            database,
            precision: Precision::Nanosecond,
            ack: None,
            accept_partial: false,
            idempotency_key: None,
            body,
        };
        engine.write(request).await.unwrap();
        seconds += started.elapsed().as_secs_f64();
    }
    seconds
}

async fn ask_all(config: &EngineConfig, size: Size) -> Vec<QueryReport> {
    let hour_end = START_NS + (size.steps * STEP_NS).min(3_600_000_000_000);
    let range = format!(
        "time >= arrow_cast({START_NS}, 'Timestamp(Nanosecond, None)') AND time < arrow_cast({hour_end}, 'Timestamp(Nanosecond, None)')"
    );
    let questions = [
        ("count", "SELECT count(*) FROM cpu".to_owned()),
        ("one host, one hour", format!("SELECT date_bin(interval '1 minute', time) AS minute, max(usage_user) FROM cpu WHERE hostname = 'host_1' AND {range} GROUP BY minute ORDER BY minute")),
        ("all hosts by hour", "SELECT hostname, date_bin(interval '1 hour', time) AS hour, avg(usage_user) FROM cpu GROUP BY hostname, hour".to_owned()),
        ("last of each host", "SELECT hostname, last_value(usage_user ORDER BY time) FROM cpu GROUP BY hostname".to_owned()),
        ("high cpu", "SELECT * FROM cpu WHERE usage_user > 90".to_owned()),
    ];
    let mut reports = Vec::new();
    for (name, sql) in questions {
        // A fresh engine: nothing is cached, neither segments nor the manifest.
        let engine = Engine::open(config.clone(), Env::system()).await.unwrap();
        let (rows, cold_ms, cold_requests) = ask(&engine, &sql).await;
        let (_, warm_ms, warm_requests) = ask(&engine, &sql).await;
        reports.push(QueryReport { name, rows, cold_ms, warm_ms, cold_requests, warm_requests });
    }
    reports
}

async fn ask(engine: &Engine, sql: &str) -> (usize, f64, u64) {
    let (started, before) = (Instant::now(), requests(&engine.status()));
    let Answer { mut rows, .. } =
        engine.query_sql("default", sql, BTreeMap::new(), &ReadOptions::default()).await.unwrap();
    let mut count = 0;
    while let Some(batch) = rows.next().await {
        count += batch.unwrap().num_rows();
    }
    (count, started.elapsed().as_secs_f64() * 1e3, requests(&engine.status()) - before)
}
