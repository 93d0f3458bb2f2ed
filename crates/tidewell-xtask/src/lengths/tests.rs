//! Long files, growing rows, stale rows and a heavy median are found.

use super::check;
use crate::{Tree, Violation};

const LONG: &str = "crates/a/src/long.rs";
const RATCHET: &str = "crates/tidewell-xtask/ratchet.txt";

fn lines(count: usize) -> String {
    "//! A.\n".repeat(count)
}

/// Checks one long file beside short ones that keep the median low.
fn check_one(path: &str, count: usize, ratchet: &str) -> Vec<Violation> {
    let text = lines(count);
    check(&Tree::of(&[
        (path, &text),
        (RATCHET, ratchet),
        ("crates/a/src/a.rs", "//! A.\n"),
        ("crates/a/src/b.rs", "//! B.\n"),
    ]))
}

#[test]
fn production_over_the_ratchet_line_needs_a_row() {
    assert_eq!(check_one(LONG, 500, ""), []);
    let found = check_one(LONG, 501, "");
    assert_eq!(found.len(), 1);
    let advice = found.first().map(ToString::to_string).unwrap_or_default();
    assert!(advice.starts_with("crates/a/src/long.rs:501: 501 lines"), "{advice}");
    assert!(advice.contains("add `crates/a/src/long.rs 501`"), "{advice}");
    assert_eq!(check_one(LONG, 501, "# why\ncrates/a/src/long.rs 501\n"), []);
}

#[test]
fn production_over_the_hard_limit_fails_with_or_without_a_row() {
    assert_eq!(check_one(LONG, 801, "").len(), 1);
    assert_eq!(check_one(LONG, 801, "crates/a/src/long.rs 801\n").len(), 1);
    assert_eq!(check_one(LONG, 800, "crates/a/src/long.rs 800\n"), []);
}

#[test]
fn row_only_shrinks() {
    let grown = check_one(LONG, 601, "crates/a/src/long.rs 600\n");
    assert!(grown.iter().any(|found| found.path == LONG && found.line == 601), "{grown:?}");
    let shrunk = check_one(LONG, 599, "\ncrates/a/src/long.rs 600\n");
    assert!(shrunk.iter().any(|found| found.path == RATCHET && found.line == 2), "{shrunk:?}");
}

#[test]
fn row_that_is_stale_or_unreadable_is_found() {
    for ratchet in ["crates/a/src/long.rs 600\n", "crates/a/src/gone.rs 600\n", "crates/a/src/long.rs\n", "x y\n"] {
        let found = check_one(LONG, 400, ratchet);
        assert!(matches!(found.as_slice(), [only] if only.path == RATCHET), "{ratchet}: {found:?}");
    }
}

#[test]
fn tests_have_their_own_limit() {
    assert_eq!(check_one("crates/a/src/long/tests.rs", 1500, ""), []);
    assert_eq!(check_one("crates/a/src/long/tests.rs", 1501, "").len(), 1);
}

#[test]
fn development_packages_obey_the_limit_and_stay_out_of_the_median() {
    assert_eq!(check_one("crates/tidewell-testkit/src/long.rs", 801, "").len(), 1);
    let (long, path) = (lines(300), "crates/tidewell-testkit/src/long.rs");
    assert_eq!(check(&Tree::of(&[(path, &long), ("crates/a/src/a.rs", "//! A.\n")])), []);
}

#[test]
fn median_at_the_limit_is_found() {
    let (below, at) = (lines(199), lines(200));
    assert_eq!(check(&Tree::of(&[("crates/a/src/a.rs", &below)])), []);
    assert_eq!(check(&Tree::of(&[("crates/a/src/a.rs", &at)])).len(), 1);
}
