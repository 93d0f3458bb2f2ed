//! The workspace itself obeys the house rules.
#![allow(clippy::unwrap_used)]

use std::fs;

use super::{tidy, workspace_root};
use crate::TidyError;

#[test]
fn workspace_breaks_no_rule() {
    let report = tidy(&workspace_root()).unwrap();
    assert!(report.violations.is_empty(), "\n{report}\n");
}

#[test]
fn folder_that_is_no_workspace_is_an_error_and_not_a_pass() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("Cargo.toml"), "not a manifest").unwrap();
    assert!(matches!(tidy(root.path()), Err(TidyError::Metadata(_))));
}
