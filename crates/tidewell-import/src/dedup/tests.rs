//! Dropping repeated rows: the first is kept, files that fail leave nothing behind, memory has a limit.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::sample::{Row, batch};

fn kept(dedup: &mut Dedup, rows: &[Row]) -> usize {
    dedup.keep(batch(rows)).unwrap().num_rows()
}

#[test]
fn only_the_first_row_of_a_value_is_kept_in_every_kind_of_column() {
    let rows: [Row; 4] =
        [(1, "a", Some(1.0), Some(1)), (1, "b", Some(2.0), Some(1)), (2, "a", None, None), (3, "", Some(1.0), None)];
    for (column, expected) in [("host", 3), ("v", 3), ("w", 3), ("time", 3), ("absent", 4)] {
        let mut dedup = Dedup::new(column, 1 << 20);
        assert_eq!(kept(&mut dedup, &rows), expected, "{column}");
    }
}

#[test]
fn values_of_a_file_that_failed_are_forgotten() {
    let mut dedup = Dedup::new("w", 1 << 20);
    assert_eq!(kept(&mut dedup, &[(1, "a", None, Some(1))]), 1);
    dedup.keep_file();
    assert_eq!(kept(&mut dedup, &[(1, "a", None, Some(1)), (1, "a", None, Some(2))]), 1);
    dedup.forget_file();
    assert_eq!(kept(&mut dedup, &[(1, "a", None, Some(1)), (1, "a", None, Some(2))]), 1);
}

#[test]
fn more_values_than_memory_allows_are_an_error_that_names_the_limit() {
    let mut dedup = Dedup::new("w", 3 * VALUE_BYTES_MAX);
    let rows: Vec<Row> = (0..4).map(|w| (w, "a", None, Some(w))).collect();
    let error = dedup.keep(batch(&rows)).unwrap_err();
    assert!(error.to_string().contains("--memory-limit"), "{error}");
}
