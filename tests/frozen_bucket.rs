//! A bucket that an earlier version wrote: every answer stays what it was, also after this version's work on it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tidewell_testkit::binary;

use crate::place::Place;

/// Frozen buckets, by the format that they were written in.
fn frozen(format: u32) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
    fixtures.join(format!("format-v{format}"))
}

/// Copies what is in a folder, so that the frozen bytes stay as they are.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &target);
        } else {
            fs::copy(item.path(), target).unwrap();
        }
    }
}

/// A copy of a frozen bucket, its log folder beside it.
fn thawed(format: u32) -> Place {
    let place = Place::folder();
    copy(&frozen(format).join("store"), Path::new(&place.store()));
    copy(&frozen(format).join("wal"), &wal(&place));
    place
}

fn wal(place: &Place) -> PathBuf {
    place.path().join("data/wal")
}

/// What a command on the copy prints, which must succeed.
fn printed(place: &Place, verb: &str, flags: &[&str], stdin: &str) -> String {
    let mut command = Command::new(binary());
    command.arg(verb).arg("--store").arg(place.store()).args(flags).current_dir(place.path());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{verb} {flags:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn query(place: &Place, database: &str, snapshot: Option<&str>, sql: &str) -> String {
    let wal = wal(place).display().to_string();
    let mut flags = vec!["--wal-dir", &wal, "--db", database, "--format", "csv"];
    flags.extend(snapshot.iter().flat_map(|name| ["--snapshot", name]));
    flags.push(sql);
    printed(place, "query", &flags, "")
}

/// Asks every question that was asked when the bucket was frozen.
fn assert_answers(place: &Place, format: u32, when: &str) {
    let answers = fs::read_to_string(frozen(format).join("answers.json")).unwrap();
    let answers: Vec<Value> = serde_json::from_str(&answers).unwrap();
    assert!(answers.len() > 10);
    for answer in &answers {
        let (database, sql) = (answer["database"].as_str().unwrap(), answer["sql"].as_str().unwrap());
        let given = query(place, database, answer["snapshot"].as_str(), sql);
        assert_eq!(given, answer["csv"].as_str().unwrap(), "{when}: {sql} (snapshot {})", answer["snapshot"]);
    }
}

/// All the upkeep there is, as if long after.
fn keep_up(place: &Place) {
    let wal = wal(place).display().to_string();
    printed(place, "fold", &["--wal-dir", &wal], "");
    printed(place, "compact", &[], "");
    printed(place, "tier", &["--cold-after", "1h"], "");
    printed(place, "expire", &[], "");
    printed(place, "gc", &["--grace", "0s", "--force"], "");
}

#[test]
fn bucket_frozen_in_format_1_answers_the_same_for_ever() {
    let place = thawed(1);
    assert_answers(&place, 1, "as it was found");
    let flags = ["--db", "harbour", "--precision", "ns", "--ack", "object", "-"];
    printed(&place, "write", &flags, "added,by=later v=1i 1\nadded,by=later w=2.5 1\n");
    assert_answers(&place, 1, "after a write");
    for round in ["first", "second"] {
        keep_up(&place);
        assert_answers(&place, 1, &format!("after the {round} upkeep"));
    }
    assert_eq!(query(&place, "harbour", None, "SELECT v, w FROM added"), "v,w\n1,2.5\n");
    // What the log held is in segments.
    let logged: Vec<PathBuf> = fs::read_dir(Path::new(&place.store()).join("db/logged/wal"))
        .map_or_else(|_| Vec::new(), |items| items.map(|item| item.unwrap().path()).collect());
    assert!(logged.iter().all(|folder| is_without_files(folder)), "{logged:?}");
}

fn is_without_files(folder: &Path) -> bool {
    fs::read_dir(folder)
        .unwrap()
        .map(Result::unwrap)
        .all(|item| item.file_type().unwrap().is_dir() && is_without_files(&item.path()))
}

#[test]
fn bucket_frozen_in_format_1_is_served() {
    let place = thawed(1);
    let flags = tidewell_testkit::ServerFlags::new().flag("--wal-mode", "every-write");
    let mut server = tidewell_testkit::TestServer::start_in(
        place.path(),
        &flags.flag("--store", place.store()).flag("--wal-dir", wal(&place).display()),
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        assert_eq!(server.sql_in("local", "SELECT sum(v) AS v FROM disk").await[0]["v"], 24);
        server.write_to("harbour", "added v=1i 1").await;
        assert_eq!(server.sql_in("harbour", "SELECT count(*) AS n FROM added").await[0]["n"], 1);
    });
    assert!(server.sigterm_and_wait().success());
    assert_answers(&place, 1, "after a server has run on it");
}
