//! Tests that would never run are found.

use super::check;
use crate::Tree;

const DECLARED: &str = "//! A.\n\n#[cfg(test)]\nmod tests;\n";
const SILENT: &str = "//! A.\n";

fn found(files: &[(&str, &str)]) -> Vec<(String, usize)> {
    check(&Tree::of(files)).into_iter().map(|violation| (violation.path, violation.line)).collect()
}

#[test]
fn sibling_that_is_declared_passes() {
    assert_eq!(found(&[("crates/a/src/x.rs", DECLARED), ("crates/a/src/x/tests.rs", SILENT)]), []);
    assert_eq!(found(&[("crates/a/src/lib.rs", DECLARED), ("crates/a/src/tests.rs", SILENT)]), []);
}

#[test]
fn sibling_that_is_not_declared_is_found() {
    let orphan = [("crates/a/src/x/tests.rs".to_owned(), 1)];
    assert_eq!(found(&[("crates/a/src/x.rs", SILENT), ("crates/a/src/x/tests.rs", SILENT)]), orphan);
    assert_eq!(found(&[("crates/a/src/x/tests.rs", SILENT)]), orphan);
}

#[test]
fn declaration_in_a_comment_or_without_the_gate_does_not_count() {
    for parent in
        ["//! A.\n// #[cfg(test)] mod tests;\n", "//! A.\nmod tests;\n", "//! A.\n#[cfg(test)]\nmod more_tests {}\n"]
    {
        assert_eq!(found(&[("crates/a/src/x.rs", parent), ("crates/a/src/x/tests.rs", SILENT)]).len(), 1, "{parent}");
    }
}

#[test]
fn inline_tests_are_found() {
    let text = "//! A.\n\n#[cfg(test)]\nmod tests {\n}\n";
    assert_eq!(found(&[("crates/a/src/x.rs", text)]), [("crates/a/src/x.rs".into(), 4)]);
}
