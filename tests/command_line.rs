//! The command line: write, query, fold, doctor and db, against a server and against a store.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use tidewell_testkit::{ServerFlags, binary};

use crate::place::Place;

pub(crate) fn tidewell(place: &Place, args: &[&str], input: &str) -> Output {
    let mut command = Command::new(binary());
    command.args(args).current_dir(place.path()).envs(place.variables());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

pub(crate) fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

async fn commands_against_a_server(place: &Place) {
    let server = place.serve("wal", ServerFlags::new().flag("--wal-mode", "object"));
    let host = server.url();
    printed(&tidewell(place, &["write", "--host", host, "-"], "cpu,host=a usage=1.5 1\ncpu,host=b usage=2.5 2\n"));
    let csv =
        tidewell(place, &["query", "--host", host, "--format", "csv", "SELECT host, usage FROM cpu ORDER BY host"], "");
    assert_eq!(printed(&csv), "host,usage\na,1.5\nb,2.5\n");
    let table = printed(&tidewell(place, &["query", "--host", host, "SELECT host FROM cpu ORDER BY host"], ""));
    assert!(table.contains("| host |") && table.contains("| a    |"), "{table}");
    let partial = tidewell(place, &["write", "--host", host, "-"], "cpu,host=c usage=3.5 3\ncpu usage=\n");
    assert_eq!(partial.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&partial.stderr).contains("stdin:2"),
        "{}",
        String::from_utf8_lossy(&partial.stderr)
    );
    assert_eq!(printed(&tidewell(place, &["db", "list", "--host", host], "")).trim(), "default");
    // The same rows straight from the store, while the server runs and before and after a fold by another process.
    let store = place.store();
    let count = ["query", "--store", &store, "--format", "csv", "SELECT count(*) AS n FROM cpu"];
    assert_eq!(printed(&tidewell(place, &count, "")), "n\n3\n");
    let folded = printed(&tidewell(place, &["fold", "--store", &store], ""));
    assert!(folded.contains("default"), "{folded}");
    assert_eq!(printed(&tidewell(place, &count, "")), "n\n3\n");
    assert_eq!(server.sql("SELECT * FROM cpu").await.len(), 3);
    assert_eq!(printed(&tidewell(place, &["db", "list", "--store", &store], "")).trim(), "default");
    let doctor = printed(&tidewell(place, &["doctor", "--store", &store], ""));
    assert!(doctor.contains("pass"), "{doctor}");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_on_a_folder_do_their_work() {
    commands_against_a_server(&Place::folder()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_on_s3_do_their_work() {
    let Some(place) = Place::s3() else { return };
    commands_against_a_server(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn query_of_a_store_sees_the_local_log_of_a_killed_server() {
    let place = Place::folder();
    let server = place.serve("data/wal", ServerFlags::new().flag("--wal-mode", "every-write"));
    server.write("cpu,host=a usage=1.5 1").await;
    server.kill9();
    let count = ["query", "--store", "data/store", "--format", "csv", "SELECT count(*) AS n FROM cpu"];
    assert_eq!(printed(&tidewell(&place, &count, "")), "n\n1\n");
    let folded = printed(&tidewell(&place, &["fold", "--store", "data/store"], ""));
    assert!(folded.contains("default") && folded.contains('1'), "{folded}");
    assert_eq!(printed(&tidewell(&place, &count, "")), "n\n1\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn fold_of_a_log_that_a_server_holds_is_refused_with_a_remedy() {
    let place = Place::folder();
    let server = place.serve("data/wal", ServerFlags::new().flag("--wal-mode", "every-write"));
    server.write("cpu,host=a usage=1.5 1").await;
    let refused = tidewell(&place, &["fold", "--store", "data/store"], "");
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("running process"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fold_of_another_store_leaves_a_killed_servers_log_alone() {
    let place = Place::folder();
    printed(&tidewell(&place, &["write", "--store", "other", "--wal-dir", "other-wal", "-"], "cpu f=1 1\n"));
    let server = place.serve("data/wal", ServerFlags::new().flag("--wal-mode", "every-write"));
    server.write("cpu f=5 5").await;
    server.kill9();
    // The log folder is the default one, and belongs to the killed server's store.
    printed(&tidewell(&place, &["fold", "--store", "other"], ""));
    let refused = tidewell(&place, &["write", "--store", "other", "-"], "cpu f=2 2\n");
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("--wal-dir"),
        "{}",
        String::from_utf8_lossy(&refused.stderr)
    );
    let count = |store: &str| {
        let count = ["query", "--store", store, "--format", "csv", "SELECT count(*) AS n FROM cpu"];
        printed(&tidewell(&place, &count, ""))
    };
    assert_eq!((count("other"), count("data/store")), ("n\n1\n".to_owned(), "n\n1\n".to_owned()));
}
