//! The functions that other programs call; `include/tidewell_csv_reader.h` says what they promise.
#![allow(unsafe_code, reason = "pointers of another program come in here, and nowhere else")]

use std::ffi::{CStr, c_char, c_int, c_void};

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use tidewell_plugin::{HandleKind, Handles, Texts, call, error_json};

use crate::config::ReaderConfig;
use crate::reading::Reading;

/// A reader whose rows went to a stream has no more.
static READERS: Handles<Option<Reading>> = Handles::new(HandleKind::Reader);
static TEXTS: Texts = Texts::new();

/// What functions answer that give a number: nothing is wrong, or `EINVAL`.
const OK: c_int = 0;
const INVALID: c_int = 22;

/// A reader for a config; NULL where that cannot be, and [`last_error`] says why.
///
/// # Safety
/// `config_json` is NULL or the address of a text that ends with NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn create_reader(config_json: *const c_char) -> *mut c_void {
    call(
        |_| std::ptr::null_mut(),
        || {
            // SAFETY: NULL or a text, as the caller promises.
            let config = unsafe { text_at("config_json", config_json) }?;
            READERS.add(Some(Reading::open(ReaderConfig::from_json(&config)?)?))
        },
    )
}

/// The next rows as a JSON array of objects; NULL behind the last one, and an object with `"status":"error"` for an
/// error.
///
/// Safe for any `reader`.
#[unsafe(no_mangle)]
pub extern "C" fn extract_batch(reader: *mut c_void) -> *mut c_char {
    call(give_error, || {
        let json = READERS.with(reader, |reading| extracting(reading)?.next_json())?;
        Ok(json.map_or(std::ptr::null_mut(), |json| TEXTS.give(json)))
    })
}

/// The next rows from a state on, with the state behind them.
///
/// # Safety
/// `state_json` is NULL or the address of a text that ends with NUL. Safe for any `reader`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn extract_batch_at(reader: *mut c_void, state_json: *const c_char) -> *mut c_char {
    call(give_error, || {
        let state = if state_json.is_null() {
            None
        } else {
            // SAFETY: a text, as the caller promises.
            Some(unsafe { text_at("state_json", state_json) }?)
        };
        READERS.with(reader, |reading| extracting(reading)?.next_json_at(state.as_deref())).map(|json| TEXTS.give(json))
    })
}

/// All rows as an Arrow stream, which lives on when the reader is freed; 0, or an error number.
///
/// # Safety
/// `out` is NULL or the address of memory for a stream, which is written over. Safe for any `reader`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn reader_stream(reader: *mut c_void, out: *mut FFI_ArrowArrayStream) -> c_int {
    call(
        |_| INVALID,
        || {
            if out.is_null() {
                return Err("out is NULL: give the address of a struct ArrowArrayStream".to_owned());
            }
            let stream = READERS.with(reader, |reading| {
                if extracting(reading)?.has_begun() {
                    return Err("rows of this reader were extracted: create another one for a stream".to_owned());
                }
                reading.take().ok_or_else(gone)?.into_stream()
            })?;
            let stream = FFI_ArrowArrayStream::new(Box::new(stream));
            // SAFETY: memory for a stream, as the caller promises; what it held is not read.
            unsafe { out.write_unaligned(stream) };
            Ok(OK)
        },
    )
}

/// Ends a reader. NULL is none, and so is what was freed before, which is the last error then.
#[unsafe(no_mangle)]
pub extern "C" fn free_reader(reader: *mut c_void) {
    call(
        |_| (),
        || {
            if reader.is_null() {
                return Ok(());
            }
            READERS.remove(reader).map(drop)
        },
    );
}

/// Ends a text that this library gave. NULL is none, and so is what was freed before, which is the last error then.
#[unsafe(no_mangle)]
pub extern "C" fn free_string(text: *const c_char) {
    call(|_| (), || TEXTS.take_back(text));
}

/// The error of this thread's last call, or NULL; valid until the thread's next call, and not to be freed.
#[unsafe(no_mangle)]
pub extern "C" fn last_error() -> *const c_char {
    tidewell_plugin::last_error()
}

/// [`free_string`] by a name that no other library has.
#[unsafe(no_mangle)]
pub extern "C" fn tidewell_csv_free_string(text: *const c_char) {
    free_string(text);
}

/// [`last_error`] by a name that no other library has.
#[unsafe(no_mangle)]
pub extern "C" fn tidewell_csv_last_error() -> *const c_char {
    tidewell_plugin::last_error()
}

fn give_error(error: &str) -> *mut c_char {
    TEXTS.give(error_json(error))
}

fn extracting(reading: &mut Option<Reading>) -> Result<&mut Reading, String> {
    reading.as_mut().ok_or_else(gone)
}

fn gone() -> String {
    "the rows of this reader went to its stream: create another one".to_owned()
}

/// A copy of a text from outside.
///
/// # Safety
/// `text` is NULL or the address of a text that ends with NUL.
unsafe fn text_at(name: &str, text: *const c_char) -> Result<String, String> {
    if text.is_null() {
        return Err(format!("{name} is NULL: give a JSON text"));
    }
    // SAFETY: a text, as the caller promises.
    let bytes = unsafe { CStr::from_ptr(text) };
    bytes.to_str().map(str::to_owned).map_err(|_| format!("{name} is not UTF-8"))
}
