//! The maintenance verbs of the command line, one after the other, on one store: every answer stays as it was.

use std::process::{Command, Output, Stdio};

use serde_json::json;
use tidewell_testkit::{ServerFlags, binary};

use crate::place::Place;

const FOLDS: u64 = 12;
const ROWS_PER_FOLD: u64 = 5;

fn tidewell(place: &Place, args: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.args(args).current_dir(place.path()).envs(place.variables()).stdin(Stdio::null());
    command.output().unwrap()
}

/// What a command prints, which must succeed.
fn printed(place: &Place, args: &[&str]) -> String {
    let output = tidewell(place, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The number below a heading of a printed table of one row.
pub(crate) fn figure(table: &str, heading: &str) -> u64 {
    let mut lines = table.lines();
    let (header, row) = (lines.next().unwrap(), lines.next().unwrap_or_else(|| panic!("no row: {table}")));
    let at = header.find(heading).unwrap_or_else(|| panic!("no {heading:?} in {table}"));
    let cell: String = row[at..].chars().take_while(|c| *c != ' ').collect();
    cell.parse().unwrap_or_else(|_| panic!("{heading:?} is {cell:?} in {table}"))
}

fn count(place: &Place, store: &str, more: &[&str]) -> String {
    let mut args = vec!["query", "--store", store, "--format", "csv"];
    args.extend(more);
    args.push("SELECT count(*) AS n, sum(v) AS s FROM m");
    printed(place, &args)
}

/// Rows in many small segments, over many hours, some of them twice; how many segments.
async fn fill(place: &Place) -> u64 {
    let mut segments = 0;
    let server = place.serve("wal", ServerFlags::new().flag("--wal-mode", "object").flag("--maintain-interval-ms", 0));
    for fold in 0..FOLDS {
        let row = |row: u64| {
            let time_s = 1_600_000_000 + (fold / 2 * ROWS_PER_FOLD + row) * 3_600;
            format!("m,host=h{} v={}i {time_s}000000000\n", row % 3, fold * 100 + row)
        };
        server.write(&(0..ROWS_PER_FOLD).map(row).collect::<String>()).await;
        segments += figure(&printed(place, &["fold", "--store", &place.store()]), "segments");
    }
    assert!(segments >= FOLDS);
    segments
}

async fn verbs_change_no_answer(place: &Place) {
    let segments = fill(place).await;
    let store = place.store();
    let before = count(place, &store, &[]);
    assert!(before.starts_with(&format!("n,s\n{},", FOLDS / 2 * ROWS_PER_FOLD)), "{before}");
    printed(place, &["snapshot", "create", "first", "--store", &store]);

    let compacted = printed(place, &["compact", "--store", &store]);
    assert_eq!(figure(&compacted, "segments in"), segments, "{compacted}");
    assert!(figure(&compacted, "segments out") <= 2, "{compacted}");
    assert_eq!(count(place, &store, &[]), before);
    let again = printed(place, &["compact", "--store", &store]);
    assert_eq!(figure(&again, "rewrites"), 0, "{again}");

    let tiered = printed(place, &["tier", "--cold-after", "1h", "--store", &store]);
    assert!(figure(&tiered, "segments out") >= 1, "{tiered}");
    assert_eq!(count(place, &store, &[]), before);

    let dry = printed(place, &["gc", "--dry-run", "--grace", "0s", "--store", &store]);
    let kept = printed(place, &["gc", "--grace", "0s", "--store", &store]);
    assert_eq!(figure(&dry, "removed-segments"), figure(&kept, "removed-segments"), "{dry}{kept}");
    assert_eq!(count(place, &store, &["--snapshot", "first"]), before, "what a snapshot needs is kept");
    printed(place, &["snapshot", "drop", "first", "--store", &store]);
    let freed = printed(place, &["gc", "--grace", "0s", "--store", &store]);
    assert!(figure(&freed, "removed-segments") >= segments, "{freed}");
    assert_eq!(count(place, &store, &[]), before);
    assert!(!tidewell(place, &["query", "--store", &store, "--snapshot", "first", "SELECT 1"]).status.success());
}

async fn retention_ends_rows_and_gc_their_segments(place: &Place) {
    let segments = fill(place).await;
    let store = place.store();
    printed(place, &["db", "retention", "default", "1d", "--store", &store]);
    printed(place, &["expire", "--store", &store]);
    assert_eq!(count(place, &store, &[]), "n,s\n0,\n");
    let freed = printed(place, &["gc", "--grace", "0s", "--store", &store]);
    assert_eq!(figure(&freed, "removed-segments"), segments, "{freed}");
}

async fn backup_and_rebuild_bring_everything_back(place: &Place) {
    let segments = fill(place).await;
    let store = place.store();
    let before = count(place, &store, &[]);
    let target = place.path().join("backup").display().to_string();
    let copied = printed(place, &["backup", &target, "--store", &store]);
    assert_eq!(figure(&copied, "objects copied"), segments, "{copied}");
    let again = printed(place, &["backup", &target, "--store", &store]);
    assert_eq!(figure(&again, "objects copied"), 0, "{again}");
    assert_eq!(count(place, &target, &[]), before, "a backup is a store");
    let fresh = place.path().join("fresh").display().to_string();
    printed(place, &["restore", &target, "--store", &fresh]);
    assert_eq!(count(place, &fresh, &[]), before);
    let occupied = tidewell(place, &["restore", &target, "--store", &fresh]);
    assert_eq!(occupied.status.code(), Some(1));
    // The commits are lost; the segments say what they are.
    for name in ["log", "ckpt", "hint", "floor", "idx", "gen"] {
        let path = place.path().join("fresh/db/default").join(name);
        let _ = std::fs::remove_dir_all(&path).or_else(|_| std::fs::remove_file(&path));
    }
    let refused = tidewell(place, &["doctor", "--rebuild", "default", "--store", &target]);
    assert_eq!(refused.status.code(), Some(1), "a database with commits needs no rebuild");
    printed(place, &["doctor", "--rebuild", "default", "--store", &fresh]);
    assert_eq!(count(place, &fresh, &[]), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn verbs_on_a_folder_change_no_answer() {
    verbs_change_no_answer(&Place::folder()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn verbs_on_s3_change_no_answer() {
    let Some(place) = Place::s3() else { return };
    verbs_change_no_answer(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_on_a_folder_ends_rows_and_frees_their_space() {
    retention_ends_rows_and_gc_their_segments(&Place::folder()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn backup_of_a_folder_restores_and_rebuilds() {
    backup_and_rebuild_bring_everything_back(&Place::folder()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn backup_of_s3_restores_and_rebuilds() {
    let Some(place) = Place::s3() else { return };
    backup_and_rebuild_bring_everything_back(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn write_sent_again_with_its_key_counts_once() {
    let place = Place::folder();
    let flags = || ServerFlags::new().flag("--wal-mode", "object");
    let (a, b) = (place.serve("wal-a", flags()), place.serve("wal-b", flags()));
    for server in [&a, &b, &a] {
        // Without a timestamp each would be a point of its own.
        let request = server.client().post(format!("{}/write", server.url()));
        let reply = request.header("Idempotency-Key", "order-66").body("m v=1i").send().await.unwrap();
        assert_eq!(reply.status().as_u16(), 204);
    }
    assert_eq!(a.sql_value("SELECT count(*) FROM m").await, json!(1));
    printed(&place, &["fold", "--store", &place.store()]);
    assert_eq!(b.sql_value("SELECT count(*) FROM m").await, json!(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn session_read_sees_the_write_that_its_token_names() {
    let place = Place::folder();
    let flags = || ServerFlags::new().flag("--wal-mode", "object").flag("--wal-flush-interval-ms", 1);
    let (a, b) = (place.serve("wal-a", flags()), place.serve("wal-b", flags()));
    a.write("m v=0i 1").await;
    assert_eq!(b.sql_value("SELECT max(v) FROM m").await, json!(0));
    for turn in 1..10 {
        let written = a.write(&format!("m v={turn}i {turn}")).await;
        let token = written.header("x-tidewell-session").unwrap().to_owned();
        let read = b.get(&format!("/api/v3/query_sql?q=select%20max(v)%20as%20v%20from%20m&after={token}")).await;
        assert_eq!(read.expect_success().json()[0]["v"], json!(turn));
    }
    let bounded = b.get("/api/v3/query_sql?q=select%20max(v)%20as%20v%20from%20m&consistency=bounded:60000").await;
    assert_eq!(bounded.expect_success().json()[0]["v"], json!(9));
    let refused = b.get("/api/v3/query_sql?q=select%201&consistency=eventual").await;
    assert_eq!(refused.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn quorum_writes_are_read_by_everyone_and_survive_the_loss_of_one_store() {
    let place = Place::folder();
    let replica = |name: &str| place.path().join(name).display().to_string();
    let stores: Vec<String> = ["log-1", "log-2", "log-3"].iter().map(|name| replica(name)).collect();
    let flags = || ServerFlags::new().flag("--wal-mode", "quorum").flag("--wal-store", stores.join(","));
    let writer = place.serve("wal-a", flags().flag("--fold-interval-ms", 3_600_000));
    writer.write("m v=1i 1\nm v=2i 2").await;
    // Another process learns from the bucket where the log is.
    assert_eq!(count(&place, &place.store(), &[]), "n,s\n2,3\n");
    writer.kill9();
    std::fs::remove_dir_all(&stores[0]).unwrap();
    assert_eq!(count(&place, &place.store(), &[]), "n,s\n2,3\n", "one store of three is lost");
    printed(&place, &["fold", "--store", &place.store()]);
    assert_eq!(count(&place, &place.store(), &[]), "n,s\n2,3\n");
}
