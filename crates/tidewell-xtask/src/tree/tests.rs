//! What the walk reads, and what kind each file is.
#![allow(clippy::unwrap_used)]

use std::fs;

use super::{Kind, Tree};

#[test]
fn kind_follows_the_path() {
    let kinds = [
        ("crates/tidewell-wal/src/append.rs", Kind::Production),
        ("crates/tidewell-wal/src/append/tests.rs", Kind::Test),
        ("crates/tidewell-wal/src/append/tests/torn.rs", Kind::Test),
        ("crates/tidewell-wal/tests/replay.rs", Kind::Test),
        ("crates/tidewell-wal/benches/append.rs", Kind::Development),
        ("crates/tidewell-testkit/src/lib.rs", Kind::Development),
        ("tests/write_path.rs", Kind::Test),
        ("benches/ingest.rs", Kind::Development),
        ("README.md", Kind::Other),
    ];
    for (path, kind) in kinds {
        assert_eq!(Kind::of(path), kind, "{path}");
    }
}

#[test]
fn read_takes_text_and_leaves_built_and_hidden_folders() {
    let root = tempfile::tempdir().unwrap();
    let files =
        ["crates/a/src/lib.rs", "crates/a/src/data/x.rs", ".ci/run", "target/x.rs", "data/x.rs", ".git/x.rs", "a.png"];
    for path in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "//! x\n").unwrap();
    }
    let tree = Tree::read(root.path()).unwrap();
    let read: Vec<&str> = tree.files.keys().map(String::as_str).collect();
    assert_eq!(read, [".ci/run", "crates/a/src/data/x.rs", "crates/a/src/lib.rs"]);
}

#[test]
fn read_of_a_missing_folder_names_it() {
    let root = tempfile::tempdir().unwrap();
    let error = Tree::read(&root.path().join("gone")).unwrap_err();
    assert!(error.to_string().contains("gone"), "{error}");
}
