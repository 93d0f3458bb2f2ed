//! A format without a page, and a page without a format, are found.

use super::{Format, check_table};
use crate::Tree;

const FORMATS: [Format; 1] = [Format { page: "docs/formats/wal.md", encoders: &["crates/a/src/entry.rs"] }];
const ENCODER: (&str, &str) = ("crates/a/src/entry.rs", "//! A.\n");
const INDEX: (&str, &str) = ("docs/formats/README.md", "- [the log](wal.md)\n");
const PAGE: (&str, &str) = ("docs/formats/wal.md", "# The log\n");

fn found(files: &[(&str, &str)]) -> Vec<String> {
    check_table(&Tree::of(files), &FORMATS).into_iter().map(|violation| violation.path).collect()
}

#[test]
fn format_with_encoder_page_and_link_passes() {
    assert_eq!(found(&[ENCODER, INDEX, PAGE]), [""; 0]);
}

#[test]
fn page_missing_or_empty_is_found() {
    assert_eq!(found(&[ENCODER, INDEX]), ["docs/formats/wal.md"]);
    assert_eq!(found(&[ENCODER, INDEX, ("docs/formats/wal.md", " \n")]), ["docs/formats/wal.md"]);
}

#[test]
fn encoder_that_is_gone_is_found() {
    assert_eq!(found(&[INDEX, PAGE]), ["crates/tidewell-xtask/src/format_pages.rs"]);
}

#[test]
fn page_outside_the_index_or_the_table_is_found() {
    assert_eq!(found(&[ENCODER, PAGE]), ["docs/formats/README.md"]);
    assert_eq!(found(&[ENCODER, INDEX, PAGE, ("docs/formats/new.md", "# New\n")]), ["docs/formats/new.md"]);
}
