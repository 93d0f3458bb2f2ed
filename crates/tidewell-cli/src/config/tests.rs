//! Layers of settings, but for variables: those belong to the process and are tested on the binary.
#![allow(clippy::unwrap_used)]

use std::ffi::OsString;
use std::path::Path;

use super::{ParseFailure, parse, read_settings};
use crate::command::Command;

/// Parses a command line with a file of that text.
fn parse_with(file: &str, words: &[&str]) -> Result<crate::command::Cli, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tidewell.toml");
    std::fs::write(&path, file).unwrap();
    let mut argv: Vec<OsString> = words.iter().map(OsString::from).collect();
    argv.extend(["--config".into(), path.into_os_string()]);
    parse(&argv).map_err(|failure| match failure {
        ParseFailure::Clap(error) => format!("clap: {error}"),
        ParseFailure::File(message) => format!("file: {message}"),
    })
}

fn fold_rows_max(file: &str, words: &[&str]) -> u64 {
    match parse_with(file, words).unwrap().command {
        Command::Serve(args) => args.fold.fold_rows_max,
        other => panic!("{other:?}"),
    }
}

#[test]
fn setting_of_the_file_beats_the_default() {
    assert_eq!(fold_rows_max("", &["tidewell", "serve"]), 1_000_000);
    assert_eq!(fold_rows_max("fold_rows_max = 7", &["tidewell", "serve"]), 7);
}

#[test]
fn setting_of_a_flag_beats_the_file() {
    assert_eq!(fold_rows_max("fold_rows_max = 7", &["tidewell", "serve", "--fold-rows-max", "8"]), 8);
}

#[test]
fn setting_for_another_command_is_passed_over() {
    assert!(parse_with("fold_rows_max = 7\nbind = '127.0.0.1:1'", &["tidewell", "db", "list"]).is_ok());
}

#[test]
fn setting_of_the_file_reaches_nested_commands_but_never_makes_them_direct() {
    let file = "host = 'http://far:1'\nstore = '/nowhere'";
    let shown = format!("{:?}", parse_with(file, &["tidewell", "db", "list"]).unwrap().command);
    assert!(shown.contains("http://far:1"), "{shown}");
    assert!(shown.contains("store: None"), "{shown}");
}

#[test]
fn key_that_is_unknown_is_refused_with_near_misses() {
    let error = parse_with("wal_mod = 'object'", &["tidewell", "serve"]).unwrap_err();
    assert!(error.contains("tidewell.toml: unknown key \"wal_mod\"; did you mean \"wal_mode\""), "{error}");
    let error = parse_with("fold-bytes-max = 1", &["tidewell", "serve"]).unwrap_err();
    assert!(error.contains("did you mean \"fold_bytes_max\""), "{error}");
}

#[test]
fn key_that_is_like_none_is_refused_with_all_keys() {
    let error = parse_with("qqq = 1", &["tidewell", "serve"]).unwrap_err();
    assert!(error.contains("known keys: ") && error.contains("wal_mode"), "{error}");
}

#[test]
fn value_that_does_not_fit_is_blamed_on_the_file() {
    for (file, part) in [
        ("fold_bytes_max = '64 apples'", "64 apples"),
        ("wal_mode = 'sometimes'", "sometimes"),
        ("wal_sync_interval_ms = 0", "0"),
        ("bind = ['a']", "bind"),
    ] {
        let error = parse_with(file, &["tidewell", "serve"]).unwrap_err();
        assert!(error.starts_with("file: ") && error.contains("tidewell.toml") && error.contains(part), "{error}");
    }
}

#[test]
fn file_that_is_named_and_missing_is_an_error() {
    let argv = ["tidewell", "serve", "--config", "/nowhere/tidewell.toml"].map(OsString::from);
    assert!(matches!(parse(&argv), Err(ParseFailure::File(message)) if message.contains("/nowhere/tidewell.toml")));
}

#[test]
fn file_that_is_no_toml_is_an_error_with_its_place() {
    let error = read_settings(Path::new("x.toml"), "a = = 1").unwrap_err();
    assert!(error.contains("x.toml") && error.contains("line 1"), "{error}");
}
