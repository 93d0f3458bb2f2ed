//! The functions that other programs call; `include/tidewell_parquet_writer.h` says what they promise.
#![allow(unsafe_code, reason = "pointers of another program come in here, and nowhere else")]

use std::ffi::{CStr, c_char, c_int, c_void};

use arrow_array::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
use tidewell_plugin::{HandleKind, Handles, Texts, call, error_json};

use crate::config::WriterConfig;
use crate::writing::Writing;

static WRITERS: Handles<Writing> = Handles::new(HandleKind::Writer);
static TEXTS: Texts = Texts::new();

/// What functions answer that give a number: nothing is wrong, or `EINVAL`.
const OK: c_int = 0;
const INVALID: c_int = 22;

/// A writer for a config; NULL where that cannot be, and [`last_error`] says why.
///
/// # Safety
/// `config_json` is NULL or the address of a text that ends with NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn create_writer(config_json: *const c_char) -> *mut c_void {
    call(
        |_| std::ptr::null_mut(),
        || {
            // SAFETY: NULL or a text, as the caller promises.
            let config = unsafe { text_at("config_json", config_json) }?;
            WRITERS.add(Writing::open(WriterConfig::from_json(config)?)?)
        },
    )
}

/// Writes records, and answers the files that are finished as a JSON array; an object with `"status":"error"` for an
/// error.
///
/// # Safety
/// `records_json` is NULL or the address of a text that ends with NUL. Safe for any `writer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn write_batch(writer: *mut c_void, records_json: *const c_char) -> *mut c_char {
    call(give_error, || {
        // SAFETY: NULL or a text, as the caller promises.
        let records = unsafe { text_at("records_json", records_json) }?;
        WRITERS.with(writer, |writing| writing.write_json(records)).map(|json| TEXTS.give(json))
    })
}

/// Writes all rows of an Arrow stream, which is taken and released whatever comes of it; 0, or an error number.
///
/// # Safety
/// `stream` is NULL or the address of an Arrow stream whose producer keeps to the C Stream Interface. Safe for any
/// `writer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn write_stream(writer: *mut c_void, stream: *mut FFI_ArrowArrayStream) -> c_int {
    call(
        |_| INVALID,
        || {
            if stream.is_null() {
                return Err("the stream is NULL: give the address of a struct ArrowArrayStream".to_owned());
            }
            // SAFETY: a stream, as the caller promises; what is left of it is one that was released.
            let stream = unsafe { ArrowArrayStreamReader::from_raw(stream) }.map_err(|error| error.to_string())?;
            WRITERS.with(writer, |writing| writing.write_stream(stream))?;
            Ok(OK)
        },
    )
}

/// Ends the file, and answers the files that no call has answered yet as a JSON array.
///
/// Safe for any `writer`.
#[unsafe(no_mangle)]
pub extern "C" fn close_writer(writer: *mut c_void) -> *mut c_char {
    call(give_error, || WRITERS.with(writer, Writing::close).map(|json| TEXTS.give(json)))
}

/// Ends a writer; a file that was not closed is removed. NULL is none, and so is what was freed before, which is the last
/// error then.
#[unsafe(no_mangle)]
pub extern "C" fn free_writer(writer: *mut c_void) {
    call(
        |_| (),
        || {
            if writer.is_null() {
                return Ok(());
            }
            WRITERS.remove(writer).map(drop)
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
pub extern "C" fn tidewell_parquet_free_string(text: *const c_char) {
    free_string(text);
}

/// [`last_error`] by a name that no other library has.
#[unsafe(no_mangle)]
pub extern "C" fn tidewell_parquet_last_error() -> *const c_char {
    tidewell_plugin::last_error()
}

fn give_error(error: &str) -> *mut c_char {
    TEXTS.give(error_json(error))
}

/// A text from outside, for the time of one call.
///
/// # Safety
/// `text` is NULL or the address of a text that ends with NUL and stays as it is during the call.
unsafe fn text_at<'a>(name: &str, text: *const c_char) -> Result<&'a str, String> {
    if text.is_null() {
        return Err(format!("{name} is NULL: give a JSON text"));
    }
    // SAFETY: a text, as the caller promises.
    let bytes = unsafe { CStr::from_ptr(text) };
    bytes.to_str().map_err(|_| format!("{name} is not UTF-8"))
}
