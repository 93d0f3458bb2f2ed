//! Two servers on one store at once, both killed: a third finds everything.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use serde_json::json;
use tidewell_testkit::ServerFlags;

use crate::load::{Load, check_all_there, segment_rows};
use crate::place::Place;

fn object_flags() -> ServerFlags {
    let flags = ServerFlags::new().flag("--wal-mode", "object");
    flags.flag("--wal-flush-interval-ms", 5).flag("--fold-interval-ms", 150)
}

async fn two_killed_third_finds_everything(place: &Place) {
    let next = Arc::new(AtomicU64::new(1));
    let mut acknowledged = Vec::new();
    for _ in 0..3 {
        let (a, b) = (place.serve("wal-a", object_flags()), place.serve("wal-b", object_flags()));
        let loads = (Load::start(&a, &next), Load::start(&b, &next));
        tokio::time::sleep(Duration::from_millis(1200)).await;
        a.kill9();
        b.kill9();
        let (of_a, of_b) = (loads.0.acknowledged().await, loads.1.acknowledged().await);
        assert!(!of_a.is_empty() && !of_b.is_empty(), "a server acknowledged nothing");
        acknowledged.extend(of_a.into_iter().chain(of_b));
    }
    let mut third = place.serve("wal-c", object_flags());
    check_all_there(&third, &acknowledged).await;
    let rows = third.sql("SELECT id FROM load").await.len() as u64;
    // The tail of the killed ones is folded with the third's next write.
    third.write("other f=1 1").await;
    assert!(third.sigterm_and_wait().success());
    let fourth = place.serve("wal-d", object_flags());
    check_all_there(&fourth, &acknowledged).await;
    assert_eq!(segment_rows(&fourth).await, rows + 1, "rows of segments against rows of queries");
    println!("two servers, three times: {} points acknowledged, {rows} stored", acknowledged.len());
}

async fn each_reads_the_others_writes_at_once(place: &Place) {
    let (a, b) = (place.serve("wal-a", object_flags()), place.serve("wal-b", object_flags()));
    for turn in 0..10 {
        let (writer, reader) = if turn % 2 == 0 { (&a, &b) } else { (&b, &a) };
        writer.write(&format!("turns value={turn}i 7")).await;
        assert_eq!(reader.sql_value("SELECT value FROM turns").await, json!(turn), "the other server's view");
        assert_eq!(writer.sql_value("SELECT value FROM turns").await, json!(turn), "its own view");
    }
}

async fn conflicting_types_are_refused_by_both(place: &Place) {
    let (a, b) = (place.serve("wal-a", object_flags()), place.serve("wal-b", object_flags()));
    a.write("types value=1i 1").await;
    let refused = b.request(reqwest::Method::POST, "/write", "types value=2.5 2\ntypes other=1 3").await;
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert!(refused.text().contains("partial write") && refused.text().contains("value"), "{}", refused.text());
    let rows = a.sql("SELECT value, other FROM types ORDER BY time").await;
    assert_eq!(rows.len(), 2, "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_server_folds_what_a_killed_one_left() {
    let place = Place::folder();
    let first = place.serve("wal-a", ServerFlags::new().flag("--wal-mode", "object"));
    first.write("left f=1 1\nleft f=2 2").await;
    first.kill9();
    let second = place.serve("wal-b", object_flags());
    for _ in 0..200 {
        let status = second.get("/stats").await.json();
        if status["rows_folded"] == 2 {
            assert_eq!(second.sql_value("SELECT count(*) FROM \"left\"").await, json!(2));
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("what the killed server left is never folded");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_a_folder_killed_third_finds_everything() {
    two_killed_third_finds_everything(&Place::folder()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_s3_killed_third_finds_everything() {
    let Some(place) = Place::s3() else { return };
    two_killed_third_finds_everything(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_a_folder_read_each_others_writes() {
    each_reads_the_others_writes_at_once(&Place::folder()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_s3_read_each_others_writes() {
    let Some(place) = Place::s3() else { return };
    each_reads_the_others_writes_at_once(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_refuse_a_second_type_for_a_field() {
    conflicting_types_are_refused_by_both(&Place::folder()).await;
}
