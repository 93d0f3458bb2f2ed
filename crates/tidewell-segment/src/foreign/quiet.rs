//! Turning a panic of the Parquet library into an error, without its noise on stderr.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use parquet::errors::ParquetError;

use super::ForeignError;

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// Runs a call into the Parquet library that reads bytes from outside.
///
/// The library asserts, slices and subtracts on what it reads, so hostile files make it panic. It holds no state
/// outside the values it is called on, and callers here drop those after an error, so unwinding is safe. The
/// process's panic hook is wrapped once, by one that says nothing while this thread is within this call and hands
/// everything else to the hook it wraps: an import of a hostile file must not fill the log with backtraces.
pub(crate) fn guarded<T>(doing: &str, call: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ForeignError> {
    HOOK.call_once(|| {
        let wrapped = take_hook();
        set_hook(Box::new(move |info| {
            if !IS_QUIET.try_with(Cell::get).unwrap_or(false) {
                wrapped(info);
            }
        }));
    });
    let before = IS_QUIET.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(call));
    IS_QUIET.set(before);
    match outcome {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(ForeignError::corrupt(format!("{doing}: {error}"))),
        Err(panic) => {
            let text =
                panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
            Err(ForeignError::corrupt(format!("{doing}: {}", text.unwrap_or("the Parquet library gave up"))))
        }
    }
}

#[cfg(test)]
mod tests;
