//! Tests of the guard around the Parquet library.
#![allow(clippy::unwrap_used)]

use parquet::errors::ParquetError;

use super::{IS_QUIET, guarded};

#[test]
fn guarded_panic_becomes_an_error_and_noise_returns() {
    let error = guarded("page 3", || -> Result<(), ParquetError> { panic!("index out of bounds") }).unwrap_err();
    assert_eq!(error.to_string(), "it cannot be read as Parquet: page 3: index out of bounds");
    assert!(!IS_QUIET.get());
}

#[test]
fn guarded_error_names_what_was_done() {
    let error = guarded("page 3", || Err::<(), _>(ParquetError::General("short".to_owned()))).unwrap_err();
    assert!(error.to_string().contains("page 3: Parquet error: short"), "{error}");
}
