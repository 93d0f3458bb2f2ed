//! A file without its first sentence is found.

use super::check;
use crate::Tree;

#[test]
fn header_missing_is_a_violation_at_line_one() {
    let tree = Tree::of(&[
        ("crates/a/src/lib.rs", "//! A.\n#![allow(x)]\n"),
        ("crates/a/src/late.rs", "#![allow(x)]\n//! Late.\n"),
        ("crates/a/src/mute.rs", "//!\nfn f() {}\n"),
        ("crates/a/src/empty.rs", ""),
        ("notes.md", "no header needed"),
    ]);
    let found: Vec<(String, usize)> = check(&tree).into_iter().map(|v| (v.path, v.line)).collect();
    let expected = ["crates/a/src/empty.rs", "crates/a/src/late.rs", "crates/a/src/mute.rs"];
    assert_eq!(found, expected.map(|path| (path.to_owned(), 1)));
}
