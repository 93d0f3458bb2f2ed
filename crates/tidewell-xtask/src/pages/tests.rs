//! A page that points at nothing is found.

use super::check;
use crate::Tree;

fn found(page: &str, text: &str) -> Vec<usize> {
    let tree = Tree::of(&[
        (page, text),
        ("crates/tidewell-wal/src/local.rs", "//! A.\n"),
        ("docs/formats/wal.md", "# The log\n"),
        ("README.md", "# Tidewell\n"),
    ]);
    check(&tree).into_iter().map(|violation| violation.line).collect()
}

#[test]
fn source_file_in_backticks_must_exist() {
    assert_eq!(found("MAP.md", "a `wal/src/local.rs` b\n`crates/tidewell-wal/src/local.rs`\n"), [0; 0]);
    assert_eq!(
        found("MAP.md", "x\n`wal/src/local.rs`, `wal/src/gone.rs`\n`crates/tidewell-gone/src/local.rs`\n"),
        [2, 3]
    );
}

#[test]
fn text_that_names_no_file_passes() {
    assert_eq!(
        found("MAP.md", "`foo/tests.rs` `crates/<name>/src/x.rs` `cargo run` wal/src/gone.rs `unclosed/src/x.rs\n"),
        [0; 0]
    );
}

#[test]
fn link_to_a_page_must_lead_somewhere() {
    assert_eq!(
        found("docs/formats/index.md", "[a](wal.md) [b](../../README.md#run) [c](./wal.md) [d](#here)\n"),
        [0; 0]
    );
    assert_eq!(found("docs/formats/index.md", "[a](wal.md)\n[b](../README.md)\n"), [2]);
    assert_eq!(found("MAP.md", "[a](https://example.org/gone.md) [b](docs/formats/gone.md)\n"), [1]);
}
