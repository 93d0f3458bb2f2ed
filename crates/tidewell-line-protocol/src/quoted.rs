//! String field values between their double quotes.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2};

use crate::cursor::Cursor;
use crate::error::{Failure, Reason};

/// The contents of a string that starts right after its opening quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Quoted {
    /// Where the closing quote is.
    pub(crate) end: usize,
    /// Whether there is a backslash in it.
    pub(crate) has_backslash: bool,
}

/// Finds the closing quote of the string whose contents start at `start`; `None` when it is never closed.
pub(crate) fn find_end(bytes: &[u8], start: usize) -> Option<Quoted> {
    let mut at = start;
    let mut has_backslash = false;
    loop {
        at += memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'"') {
            return Some(Quoted { end: at, has_backslash });
        }
        has_backslash = true;
        at += if matches!(bytes.get(at + 1), Some(b'"' | b'\\')) { 2 } else { 1 };
    }
}

/// Reads a string whose opening quote is at the cursor.
pub(crate) fn read_string<'a>(cursor: &mut Cursor<'a>) -> Result<Cow<'a, str>, Failure> {
    let start = cursor.at + 1;
    let Some(Quoted { end, has_backslash }) = find_end(cursor.bytes(), start) else {
        return Err(Reason::UnterminatedString.at(cursor.at));
    };
    let raw = cursor.slice(start, end);
    cursor.newlines += memchr_iter(b'\n', raw.as_bytes()).count();
    cursor.at = end + 1;
    Ok(if has_backslash { unescape(raw) } else { Cow::Borrowed(raw) })
}

/// Turns `\"` into `"` and `\\` into `\`; other backslashes stay.
fn unescape(raw: &str) -> Cow<'_, str> {
    let bytes = raw.as_bytes();
    let mut text = String::with_capacity(raw.len());
    let mut copied = 0;
    let mut at = 0;
    while let Some(distance) = bytes.get(at..).and_then(|rest| memchr(b'\\', rest)) {
        at += distance;
        if matches!(bytes.get(at + 1), Some(b'"' | b'\\')) {
            text.push_str(raw.get(copied..at).unwrap_or_default());
            copied = at + 1;
            at += 2;
        } else {
            at += 1;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(raw);
    }
    text.push_str(raw.get(copied..).unwrap_or_default());
    Cow::Owned(text)
}

#[cfg(test)]
mod tests;
