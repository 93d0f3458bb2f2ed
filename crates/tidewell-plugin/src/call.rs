//! One call from outside: its panic is an error, and its error is kept for the thread that made it.

use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static LAST_ERROR: RefCell<Option<CString>> = const { RefCell::new(None) };
}

/// Runs the body of an exported function. An error, or a panic, is kept as the thread's last error, and `failed` makes
/// of its text what the function answers; without one the last error is cleared.
pub fn call<R>(failed: impl FnOnce(&str) -> R, body: impl FnOnce() -> Result<R, String>) -> R {
    // What a body holds is behind a mutex that a panic poisons, so that nobody sees it half changed.
    let outcome = catch_unwind(AssertUnwindSafe(body));
    let error = match outcome {
        Ok(Ok(answer)) => {
            keep(None);
            return answer;
        }
        Ok(Err(error)) => error,
        Err(panic) => format!("internal error, please report it: {}", panic_text(panic.as_ref())),
    };
    keep(Some(&error));
    failed(&error)
}

/// The text of the last call's error, or NULL where it had none. Belongs to the thread, until its next call.
#[must_use]
pub fn last_error() -> *const c_char {
    LAST_ERROR
        .try_with(|last| last.borrow().as_ref().map_or(std::ptr::null(), |text| text.as_ptr()))
        .unwrap_or(std::ptr::null())
}

/// An error as the JSON that a function answers in place of its data: `{"status":"error","error":"…"}`.
#[must_use]
pub fn error_json(error: &str) -> String {
    serde_json::json!({ "status": "error", "error": error }).to_string()
}

/// What a panic said.
fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("a panic")
}

fn keep(error: Option<&str>) {
    let text = error.and_then(|error| CString::new(error.replace('\0', "\u{fffd}")).ok());
    // A thread that is ending has no place for it any more.
    let _ = LAST_ERROR.try_with(|last| *last.borrow_mut() = text);
}

#[cfg(test)]
mod tests;
