//! Errors and panics of calls.

use std::ffi::CStr;

use super::{call, error_json, last_error};

#[allow(unsafe_code)]
fn last_text() -> Option<String> {
    let text = last_error();
    // SAFETY: it is the thread's own text, and no call comes between.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned())
}

#[test]
fn call_with_an_error_answers_and_keeps_it_until_the_next_call() {
    assert_eq!(call(str::len, || Err("no\0t".to_owned())), 4);
    assert_eq!(last_text().as_deref(), Some("no\u{fffd}t"));
    assert_eq!(call(str::len, || Ok(7)), 7);
    assert_eq!(last_text(), None);
}

#[test]
fn call_that_panics_answers_an_error() {
    let answer = call(str::to_owned, || panic!("at {}", 5));
    assert_eq!(answer, "internal error, please report it: at 5");
    assert_eq!(last_text(), Some(answer));
}

#[test]
fn last_error_of_one_thread_is_not_seen_by_another() {
    call(|_| (), || Err("mine".to_owned()));
    assert_eq!(std::thread::spawn(last_text).join().ok(), Some(None));
    assert_eq!(last_text().as_deref(), Some("mine"));
}

#[test]
fn error_json_escapes_the_text() {
    assert_eq!(error_json("a \"b\"\n"), r#"{"error":"a \"b\"\n","status":"error"}"#);
}
