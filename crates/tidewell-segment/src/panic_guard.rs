//! Turning a panic of the Parquet library on bad bytes into an error.

use std::panic::{AssertUnwindSafe, catch_unwind};

use parquet::errors::ParquetError;

use crate::SegmentError;

/// Runs a call into the Parquet library that reads bytes from outside.
///
/// The library asserts and slices on what it reads: negative column offsets (`ColumnChunkMetaData::byte_range`), index
/// ranges (`parse_column_index`), page bounds (`ColumnChunkData::get_bytes`), bit widths and run lengths in pages. It holds
/// no state outside the values it is called on, and callers here drop those after an error, so unwinding is safe.
pub(crate) fn guarded<T>(doing: &str, call: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, SegmentError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(SegmentError::corrupt(format!("{doing}: {error}"))),
        Err(panic) => {
            let text =
                panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
            Err(SegmentError::corrupt(format!("{doing}: {}", text.unwrap_or("the Parquet library gave up"))))
        }
    }
}
