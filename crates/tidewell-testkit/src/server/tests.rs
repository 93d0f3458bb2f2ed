//! What is read from a server's log.
#![allow(clippy::unwrap_used)]

use super::{fresh_log_path, ready_url};

#[test]
fn ready_line_is_read_once_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    for (log, url) in [
        ("", None),
        ("starting\n", None),
        ("tidewell 0.1.0 listening on http://127.0.0.1:80", None),
        ("x\ntidewell 0.1.0 listening on http://127.0.0.1:8086 store", Some("http://127.0.0.1:8086")),
    ] {
        std::fs::write(&path, log).unwrap();
        assert_eq!(ready_url(&path).as_deref(), url, "{log}");
    }
}

#[test]
fn log_of_a_second_server_is_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let first = fresh_log_path(folder.path());
    std::fs::write(&first, "").unwrap();
    assert_ne!(fresh_log_path(folder.path()), first);
}
