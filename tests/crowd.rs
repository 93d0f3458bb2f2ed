//! Many processes on one bucket, killed and frozen at random: eight writers, two folders, two compactors, a collector and two
//! readers. The recorded history says that no acknowledged row was lost, doubled, or seen and then not seen.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tidewell_env::Env;
use tidewell_testkit::{ServerFlags, TestServer, binary};

use crate::history::{History, SHARDS};
use crate::load::segment_rows;
use crate::place::Place;

const WRITERS: usize = 8;
const READERS: usize = 2;
const ROWS_PER_WRITE: u64 = 4;
/// How long it goes on, unless the variable says otherwise.
const SECONDS: u64 = 180;
const SECONDS_VARIABLE: &str = "TIDEWELL_CROWD_SECONDS";

struct Crowd {
    place: Place,
    history: Arc<History>,
    next: AtomicU64,
    is_over: AtomicBool,
    env: Env,
}

impl Crowd {
    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    /// A random time below `bound_ms`.
    fn moment(&self, bound_ms: u64) -> Duration {
        self.env.jitter(Duration::from_millis(bound_ms))
    }

    fn is_likely(&self, percent: u128) -> bool {
        self.env.jitter(Duration::from_millis(100)).as_millis() < percent
    }

    fn flags() -> ServerFlags {
        let flags = ServerFlags::new().flag("--wal-mode", "object").flag("--wal-flush-interval-ms", 20);
        // Folding is the folders' business here.
        flags.flag("--fold-interval-ms", 3_600_000).flag("--maintain-interval-ms", 3_600_000)
    }
}

/// One writer process, killed or frozen now and then and started again, and the client that writes through it.
async fn writer(crowd: Arc<Crowd>, number: usize) {
    while crowd.goes_on() {
        let server = crowd.place.serve(&format!("wal-{number}"), Crowd::flags());
        let stop = Arc::new(AtomicBool::new(false));
        let client =
            tokio::spawn(write_until(Arc::clone(&crowd), server.client(), server.url().to_owned(), Arc::clone(&stop)));
        let ends = Instant::now() + Duration::from_millis(500) + crowd.moment(8_000);
        while crowd.goes_on() && Instant::now() < ends {
            tokio::time::sleep(crowd.moment(700)).await;
            if crowd.is_likely(15) {
                server.signal("STOP");
                tokio::time::sleep(crowd.moment(3_000)).await;
                server.signal("CONT");
            }
        }
        server.kill9();
        stop.store(true, Ordering::Relaxed);
        client.await.unwrap();
    }
}

async fn write_until(crowd: Arc<Crowd>, client: reqwest::Client, url: String, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let first = crowd.next.fetch_add(ROWS_PER_WRITE, Ordering::Relaxed);
        let ids: Vec<u64> = (first..first + ROWS_PER_WRITE).collect();
        let body: String = ids.iter().map(|id| format!("crowd,shard=s{} id={id}i {id}\n", id % SHARDS)).collect();
        let request = client.post(format!("{url}/write")).body(body).timeout(Duration::from_secs(20));
        if request.send().await.is_ok_and(|reply| reply.status().as_u16() == 204) {
            crowd.history.acknowledged(&ids);
        }
        tokio::time::sleep(Duration::from_millis(60)).await;
    }
}

/// A process of the command line over and over, every third killed before its end.
async fn verb(crowd: Arc<Crowd>, arguments: &'static [&'static str], name: &'static str) {
    while crowd.goes_on() {
        let mut child = start(&crowd, arguments, name);
        let ends = Instant::now() + crowd.moment(1_500);
        let is_killed = crowd.is_likely(33);
        loop {
            match child.try_wait().unwrap() {
                Some(status) => {
                    // A lost race and a store that does not answer in time may fail a run; damage would fail the final ones.
                    if !status.success() {
                        println!("{name} ended with {status}");
                    }
                    break;
                }
                None if is_killed && Instant::now() >= ends => {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    break;
                }
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        tokio::time::sleep(crowd.moment(1_500)).await;
    }
}

fn start(crowd: &Crowd, arguments: &[&str], name: &str) -> Child {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(log_of(crowd.place.path(), name)).unwrap();
    Command::new(binary())
        .args(arguments)
        .args(["--store", &crowd.place.store()])
        .envs(crowd.place.variables())
        .current_dir(crowd.place.path())
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

fn log_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.log"))
}

/// A server that only answers, frozen now and then; each answer goes into the history.
async fn reader(crowd: Arc<Crowd>, number: usize) {
    let server = crowd.place.serve(&format!("wal-r{number}"), Crowd::flags());
    while crowd.goes_on() {
        read(&crowd, &server).await;
        tokio::time::sleep(crowd.moment(400)).await;
    }
}

async fn read(crowd: &Crowd, server: &TestServer) {
    let shard = crowd.history.next_shard();
    let asked = crowd.history.now();
    let sql = format!("SELECT id FROM crowd WHERE shard = 's{shard}'");
    let reply = server.try_sql("default", &sql, "json").await;
    // Before the first write there is no table; a log that never stands still is an honest refusal.
    if reply.status == 200 {
        let rows = reply.json();
        let ids = rows.as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect();
        crowd.history.read(shard, asked, ids);
    }
}

async fn crowd_on(place: Place) {
    let seconds = std::env::var(SECONDS_VARIABLE).ok().and_then(|text| text.parse().ok()).unwrap_or(SECONDS);
    let history = Arc::new(History::default());
    let (next, is_over) = (AtomicU64::new(1), AtomicBool::new(false));
    let crowd = Arc::new(Crowd { place, history, next, is_over, env: Env::system() });
    let mut tasks = Vec::new();
    tasks.extend((0..WRITERS).map(|number| tokio::spawn(writer(Arc::clone(&crowd), number))));
    tasks.extend((0..READERS).map(|number| tokio::spawn(reader(Arc::clone(&crowd), number))));
    for (arguments, name) in [
        (&["fold"][..], "fold-a"),
        (&["fold"][..], "fold-b"),
        (&["compact"][..], "compact-a"),
        (&["compact"][..], "compact-b"),
        (&["gc", "--grace", "3s", "--force"][..], "gc"),
    ] {
        tasks.push(tokio::spawn(verb(Arc::clone(&crowd), arguments, name)));
    }
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    crowd.is_over.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    settle(&crowd).await;
}

/// Afterwards, with nobody in the way: every verb succeeds, and every answer stays as it was.
async fn settle(crowd: &Arc<Crowd>) {
    for round in 0..3 {
        let server = crowd.place.serve("wal-last", Crowd::flags());
        for _ in 0..SHARDS {
            read(crowd, &server).await;
        }
        crowd.history.check();
        let rows = server.sql("SELECT id FROM crowd").await.len() as u64;
        if round > 0 {
            assert_eq!(segment_rows(&server).await, rows, "rows of segments against rows of queries");
        }
        drop(server);
        for arguments in [&["fold"][..], &["compact"], &["gc", "--grace", "0s", "--force"]] {
            let status = start(crowd, arguments, "last").wait().unwrap();
            let log = std::fs::read_to_string(log_of(crowd.place.path(), "last")).unwrap();
            assert!(status.success(), "{arguments:?} in peace: {log}");
        }
    }
    println!("{}", crowd.history.summary());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "nineteen processes for three minutes: cargo test --test scenarios crowd -- --ignored"]
async fn crowd_on_s3_killed_and_frozen_loses_doubles_and_unsees_nothing() {
    let Some(place) = Place::s3() else { return };
    crowd_on(place).await;
}
