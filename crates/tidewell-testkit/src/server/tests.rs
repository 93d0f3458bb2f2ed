//! What is read from a server's log.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use super::{fresh_log, ready_url};

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
fn logs_of_servers_that_start_together_are_files_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let starts = || (0..50).map(|_| fresh_log(folder.path()).0).collect::<Vec<_>>();
    let paths = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(starts)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let distinct: BTreeSet<_> = paths.iter().collect();
    assert_eq!((paths.len(), distinct.len()), (200, 200));
}
