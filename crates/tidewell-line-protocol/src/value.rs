//! The value of one field.

use std::borrow::Cow;

use crate::cursor::{Cursor, Name};
use crate::error::{Failure, Reason};
use crate::line::{FieldValue, Fields};
use crate::number::read_number;
use crate::quoted::read_string;

/// Reads the field value at the cursor, adds it to `fields` as `key`, and leaves the cursor on the comma, the space or the
/// line end behind it.
#[inline]
pub(crate) fn read_field<'a>(
    cursor: &mut Cursor<'a>,
    key: Name<'a, true>,
    fields: &mut Fields<'a>,
) -> Result<(), Failure> {
    // Numbers without escaped keys are nearly all there is: they go straight to their place.
    if !matches!(cursor.byte(), b'0'..=b'9' | b'-' | b'.') {
        return read_other(cursor, key, fields);
    }
    let start = cursor.at;
    let (number, end) = read_number(cursor.bytes(), start).map_err(|reason| reason.at(start))?;
    cursor.at = end;
    if !ends_value(cursor) {
        return Err(Reason::InvalidValue.at(start));
    }
    match key.plain() {
        Some(key) => fields.push((Cow::Borrowed(key), number.into_value())),
        None => push_unescaped(fields, key, number.into_value()),
    }
    Ok(())
}

/// Apart, so that the usual field is not copied to its place by way of the stack.
#[cold]
fn push_unescaped<'a>(fields: &mut Fields<'a>, key: Name<'a, true>, value: FieldValue<'a>) {
    fields.push((key.unescaped(), value));
}

/// As [`read_field`], for what is not a number.
fn read_other<'a>(cursor: &mut Cursor<'a>, key: Name<'a, true>, fields: &mut Fields<'a>) -> Result<(), Failure> {
    let start = cursor.at;
    let (value, wrong_end) = match cursor.byte() {
        b'"' => {
            let text = read_string(cursor)?;
            (FieldValue::String(text), Reason::TextAfterString.at(cursor.at))
        }
        b't' | b'T' | b'f' | b'F' => {
            let (value, length) = read_boolean(cursor.bytes().get(start..).unwrap_or_default());
            cursor.at = start + length;
            (FieldValue::Boolean(value), Reason::InvalidValue.at(start))
        }
        _ if ends_value(cursor) => return Err(Reason::EmptyFieldValue.at(start)),
        _ => return Err(Reason::InvalidValue.at(start)),
    };
    if !ends_value(cursor) {
        return Err(wrong_end);
    }
    fields.push((key.unescaped(), value));
    Ok(())
}

/// Whether a value may end at the cursor.
#[inline]
fn ends_value(cursor: &Cursor<'_>) -> bool {
    matches!(cursor.byte(), b',' | b' ') || cursor.ends_line(cursor.at)
}

/// The boolean at the start of `rest`, whose first letter is known to be one of `tTfF`, and its length.
fn read_boolean(rest: &[u8]) -> (bool, usize) {
    const WORDS: [(&[u8], bool); 6] =
        [(b"true", true), (b"True", true), (b"TRUE", true), (b"false", false), (b"False", false), (b"FALSE", false)];
    let word = WORDS.iter().find(|(word, _)| rest.starts_with(word));
    word.map_or((matches!(rest.first(), Some(b't' | b'T')), 1), |(word, value)| (*value, word.len()))
}

#[cfg(test)]
mod tests;
