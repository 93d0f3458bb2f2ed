//! Stale binaries are noticed.
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::{is_fresh, sources};

fn touch(path: &Path, seconds: u64) {
    File::create(path).unwrap().set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
}

#[test]
fn sources_with_spaces_are_whole() {
    assert_eq!(sources("/t/x: /a/b\\ c.rs /d.rs\n"), [PathBuf::from("/a/b c.rs"), PathBuf::from("/d.rs")]);
}

#[test]
fn binary_is_fresh_until_a_source_changes() {
    let folder = tempfile::tempdir().unwrap();
    let (binary, source) = (folder.path().join("tidewell"), folder.path().join("main.rs"));
    assert!(!is_fresh(&binary));
    touch(&binary, 100);
    assert!(!is_fresh(&binary), "without a list nothing is known");
    std::fs::write(folder.path().join("tidewell.d"), format!("{}: {}\n", binary.display(), source.display())).unwrap();
    assert!(!is_fresh(&binary), "a source is gone");
    touch(&source, 99);
    assert!(is_fresh(&binary));
    touch(&source, 101);
    assert!(!is_fresh(&binary));
}
