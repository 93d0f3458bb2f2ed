//! `kill -9` at random moments under load: what was acknowledged is there after the restart, once.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tidewell_env::Env;
use tidewell_testkit::ServerFlags;

use crate::load::{Load, check_all_there, segment_rows};
use crate::place::Place;

async fn kill_and_restart(place: &Place, mode: &str, rounds: u32) {
    let flags = || {
        ServerFlags::new().flag("--wal-mode", mode).flag("--wal-flush-interval-ms", 5).flag("--fold-interval-ms", 60)
    };
    let (next, env) = (Arc::new(AtomicU64::new(1)), Env::system());
    let mut acknowledged = Vec::new();
    for round in 0..rounds {
        let server = place.serve("wal", flags());
        if round % 10 == 1 && !acknowledged.is_empty() {
            check_all_there(&server, &acknowledged).await;
        }
        let load = Load::start(&server, &next);
        tokio::time::sleep(Duration::from_millis(40) + env.jitter(Duration::from_millis(260))).await;
        server.kill9();
        acknowledged.extend(load.acknowledged().await);
    }
    assert!(acknowledged.len() > rounds as usize, "only {} points were acknowledged", acknowledged.len());
    let mut server = place.serve("wal", flags());
    check_all_there(&server, &acknowledged).await;
    // Whoever writes next folds what killed processes left in the store's log as well.
    server.write("other f=1 1").await;
    assert!(server.sigterm_and_wait().success());
    let server = place.serve("wal", flags());
    check_all_there(&server, &acknowledged).await;
    // Every point has an identity of its own, so a log entry folded twice would show in the segments' own row counts.
    let rows = server.sql("SELECT id FROM load").await.len() as u64;
    assert_eq!(segment_rows(&server).await, rows + 1, "rows of segments against rows of queries");
    println!("{mode}: {rounds} kills, {} points acknowledged, {rows} stored", acknowledged.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_mode_killed_50_times_loses_and_doubles_nothing() {
    kill_and_restart(&Place::folder(), "every-write", 50).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn object_mode_killed_50_times_loses_and_doubles_nothing() {
    kill_and_restart(&Place::folder(), "object", 50).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn periodic_mode_killed_loses_and_doubles_nothing() {
    kill_and_restart(&Place::folder(), "periodic", 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn object_mode_on_s3_killed_50_times_loses_and_doubles_nothing() {
    let Some(place) = Place::s3() else { return };
    kill_and_restart(&place, "object", 50).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_mode_on_s3_killed_50_times_loses_and_doubles_nothing() {
    let Some(place) = Place::s3() else { return };
    kill_and_restart(&place, "every-write", 50).await;
}
