//! The binary as a process: exit codes, streams and variables. That it is here makes cargo build the binary with the tests.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// A command line without any of our variables, in an empty folder.
fn tidewell(folder: &std::path::Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidewell"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TIDEWELL_")) {
        command.env_remove(name);
    }
    command.args(words).current_dir(folder).env_remove("RUST_LOG").env("NO_PROXY", "*").stdin(Stdio::null());
    command
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn version_is_on_stdout() {
    let folder = tempfile::tempdir().unwrap();
    let output = tidewell(folder.path(), &["--version"]).output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("tidewell {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_exits_with_2() {
    let folder = tempfile::tempdir().unwrap();
    for words in
        [&["serv"][..], &["serve", "--wal-mode", "sometimes"], &["query"], &["db", "list", "--host", "ftp://x"]]
    {
        let output = tidewell(folder.path(), words).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(stderr(&output).starts_with("error: "), "{words:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{words:?}");
    }
}

#[test]
fn server_that_is_absent_exits_with_1_and_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let output = tidewell(folder.path(), &["db", "list", "--host", "http://127.0.0.1:1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(said.starts_with("error: no server answers at http://127.0.0.1:1"), "{said}");
    assert!(said.contains("\nhint: ") && said.contains("tidewell serve"), "{said}");
}

#[test]
fn setting_is_taken_from_flag_then_variable_then_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tidewell.toml"), "host = 'http://127.0.0.1:1'").unwrap();
    let answer_of = |command: &mut Command| stderr(&command.output().unwrap());
    assert!(answer_of(&mut tidewell(folder.path(), &["db", "list"])).contains("127.0.0.1:1:"));
    let variable = answer_of(tidewell(folder.path(), &["db", "list"]).env("TIDEWELL_HOST", "http://127.0.0.1:2"));
    assert!(variable.contains("127.0.0.1:2:"), "{variable}");
    let mut both = tidewell(folder.path(), &["db", "list", "--host", "http://127.0.0.1:3"]);
    let flag = answer_of(both.env("TIDEWELL_HOST", "http://127.0.0.1:2"));
    assert!(flag.contains("127.0.0.1:3:"), "{flag}");
}

#[test]
fn key_that_is_unknown_exits_with_2_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("tidewell.toml"), "hosst = 'x'").unwrap();
    let output = tidewell(folder.path(), &["db", "list"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("\"hosst\"; did you mean \"host\""), "{}", stderr(&output));
}

#[test]
fn reader_that_hangs_up_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = tidewell(folder.path(), &["completions", "zsh"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    assert_eq!(stderr(&output), "");
}

#[test]
fn store_that_is_direct_takes_a_write_from_stdin_and_answers_a_query() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "cpu,host=a usage=0.5 1700000000\nbad\ncpu,host=b usage=1.5 1700000001\n";
    let mut command = tidewell(folder.path(), &["write", "--store", "./data/store"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).starts_with("stdin:2: "), "{}", stderr(&output));
    let sql = "SELECT host, usage FROM cpu ORDER BY time";
    let words = ["query", "--store", "./data/store", "--format", "csv", sql];
    let output = tidewell(folder.path(), &words).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let answer = String::from_utf8(output.stdout).unwrap();
    assert_eq!(answer.lines().collect::<Vec<_>>(), ["host,usage", "a,0.5", "b,1.5"]);
}
