//! The sections of a line in their order: measurement, tags, fields, timestamp.

use std::borrow::Cow;

use crate::cursor::{Cursor, Name};
use crate::duplicate::{find_duplicate, keep_last_values};
use crate::error::{Failure, Reason};
use crate::line::{Line, Tags};
use crate::number::read_timestamp;
use crate::value::read_field;

/// Reads one line from the cursor, which stands on its first character, into the empty `line`; leaves the cursor on the
/// line end. `order` is memory to reuse.
#[inline]
pub(crate) fn read_line<'a>(
    cursor: &mut Cursor<'a>,
    order: &mut Vec<usize>,
    line: &mut Line<'a>,
) -> Result<(), Failure> {
    let start = cursor.at;
    let measurement = cursor.measurement()?;
    if measurement.is_empty() {
        return Err(Reason::MissingMeasurement.at(cursor.at));
    }
    line.measurement = measurement.plain().map_or_else(|| measurement.unescaped(), Cow::Borrowed);
    read_tags(cursor, line)?;
    if let Some(index) = find_duplicate(&line.tags, order) {
        return Err(Reason::DuplicateTag.at(find_tag(cursor.bytes(), start, index)));
    }
    if cursor.byte() != b' ' {
        return Err(Reason::MissingFields.at(cursor.at));
    }
    cursor.skip_spaces();
    read_fields(cursor, line)?;
    if find_duplicate(&line.fields, order).is_some() {
        keep_last_values(&mut line.fields, order);
    }
    read_end(cursor, line)
}

#[inline]
fn read_tags<'a>(cursor: &mut Cursor<'a>, line: &mut Line<'a>) -> Result<(), Failure> {
    while cursor.byte() == b',' {
        cursor.at += 1;
        let key_start = cursor.at;
        let key = cursor.key()?;
        if key.is_empty() {
            return Err(Reason::EmptyTagKey.at(key_start));
        }
        if cursor.byte() != b'=' {
            return Err(Reason::TagWithoutValue.at(key_start));
        }
        cursor.at += 1;
        let value = cursor.key()?;
        if cursor.byte() == b'=' {
            return Err(Reason::UnescapedEquals.at(cursor.at));
        }
        if value.is_empty() {
            return Err(Reason::EmptyTagValue.at(cursor.at));
        }
        match (key.plain(), value.plain()) {
            (Some(key), Some(value)) => line.tags.push((Cow::Borrowed(key), Cow::Borrowed(value))),
            _ => push_unescaped(&mut line.tags, key, value),
        }
    }
    Ok(())
}

/// Apart, so that the usual tag is not copied to its place by way of the stack.
#[cold]
fn push_unescaped<'a>(tags: &mut Tags<'a>, key: Name<'a, true>, value: Name<'a, true>) {
    tags.push((key.unescaped(), value.unescaped()));
}

#[inline]
fn read_fields<'a>(cursor: &mut Cursor<'a>, line: &mut Line<'a>) -> Result<(), Failure> {
    loop {
        let key_start = cursor.at;
        if line.fields.is_empty() && cursor.ends_line(key_start) {
            return Err(Reason::MissingFields.at(key_start));
        }
        let key = cursor.key()?;
        if key.is_empty() {
            return Err(Reason::EmptyFieldKey.at(key_start));
        }
        if cursor.byte() != b'=' {
            return Err(Reason::FieldWithoutValue.at(key_start));
        }
        cursor.at += 1;
        read_field(cursor, key, &mut line.fields)?;
        if cursor.byte() != b',' {
            return Ok(());
        }
        cursor.at += 1;
    }
}

/// Reads what follows the fields: an optional timestamp and the line end.
#[inline]
fn read_end(cursor: &mut Cursor<'_>, line: &mut Line<'_>) -> Result<(), Failure> {
    cursor.skip_spaces();
    if cursor.ends_line(cursor.at) {
        return Ok(());
    }
    let start = cursor.at;
    let (timestamp, end) = read_timestamp(cursor.bytes(), start).map_err(|reason| reason.at(start))?;
    cursor.at = end;
    if cursor.byte() != b' ' && !cursor.ends_line(end) {
        return Err(Reason::InvalidTimestamp.at(start));
    }
    cursor.skip_spaces();
    if !cursor.ends_line(cursor.at) {
        return Err(Reason::TextAfterTimestamp.at(cursor.at));
    }
    line.timestamp = Some(timestamp);
    Ok(())
}

/// Where the key of tag `index` starts in the line that starts at `start`: behind its unescaped comma.
#[cold]
fn find_tag(bytes: &[u8], start: usize, index: usize) -> usize {
    let is_comma = |at: &usize| bytes.get(*at) == Some(&b',') && bytes.get(at.wrapping_sub(1)) != Some(&b'\\');
    (start..bytes.len()).filter(is_comma).nth(index).map_or(start, |comma| comma + 1)
}

#[cfg(test)]
mod tests;
