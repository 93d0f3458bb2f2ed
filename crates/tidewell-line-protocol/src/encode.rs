//! Writes a point as a line.

use std::io::Write as _;

use crate::duplicate::find_duplicate;
use crate::line::{FieldValue, Line};

/// A point that line protocol has no words for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A name of no characters.
    #[error("{part} is empty: give it at least one character")]
    EmptyName {
        /// What is named.
        part: &'static str,
    },
    /// A name with a character that cannot be escaped.
    #[error("{part} {name:?} holds a line feed, tab or NUL character: remove it")]
    ForbiddenCharacter {
        /// What is named.
        part: &'static str,
        /// The name.
        name: String,
    },
    /// A name whose last backslash would escape what follows the name.
    #[error("{part} {name:?} ends with a backslash: end it with another character")]
    TrailingBackslash {
        /// What is named.
        part: &'static str,
        /// The name.
        name: String,
    },
    /// A measurement that reads as a comment.
    #[error("measurement {name:?} starts with #, which starts a comment: start it with another character")]
    CommentMeasurement {
        /// The measurement.
        name: String,
    },
    /// A point without fields.
    #[error("the point has no fields: add at least one")]
    NoFields,
    /// A key twice.
    #[error("{part} {name:?} appears twice: keep one of the two")]
    Duplicate {
        /// What is named.
        part: &'static str,
        /// The name.
        name: String,
    },
    /// A NaN or an infinity.
    #[error("field {name:?} is {value}, which is not a number that can be sent: leave the field out")]
    NotFinite {
        /// The field's key.
        name: String,
        /// `NaN`, `inf` or `-inf`.
        value: String,
    },
}

/// Appends `point` to `out` as one line, its line feed included; `line_number` and `source` do not matter.
///
/// Parsing the line gives the same measurement, tags, fields and timestamp back. `out` grows by the whole line or not at all.
///
/// # Errors
/// [`EncodeError`] when line protocol cannot express the point: change what it names.
pub fn encode(point: &Line<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let length = out.len();
    let outcome = append(point, out);
    if outcome.is_err() {
        out.truncate(length);
    }
    outcome
}

fn append(point: &Line<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    check_duplicates(point)?;
    if point.measurement.starts_with('#') {
        return Err(EncodeError::CommentMeasurement { name: point.measurement.clone().into_owned() });
    }
    append_name("measurement", &point.measurement, b", ", out)?;
    for (key, value) in &point.tags {
        out.push(b',');
        append_name("tag key", key, b",= ", out)?;
        out.push(b'=');
        append_name("tag value", value, b",= ", out)?;
    }
    for (index, (key, value)) in point.fields.iter().enumerate() {
        out.push(if index == 0 { b' ' } else { b',' });
        append_name("field key", key, b",= ", out)?;
        out.push(b'=');
        append_value(key, value, out)?;
    }
    if let Some(timestamp) = point.timestamp {
        append_display(format_args!(" {timestamp}"), out);
    }
    out.push(b'\n');
    Ok(())
}

fn check_duplicates(point: &Line<'_>) -> Result<(), EncodeError> {
    if point.fields.is_empty() {
        return Err(EncodeError::NoFields);
    }
    let mut order = Vec::new();
    let tag = find_duplicate(&point.tags, &mut order).and_then(|index| point.tags.get(index)).map(|(key, _)| key);
    if let Some(key) = tag {
        return Err(EncodeError::Duplicate { part: "tag key", name: key.to_string() });
    }
    let field = find_duplicate(&point.fields, &mut order).and_then(|index| point.fields.get(index)).map(|(key, _)| key);
    field.map_or(Ok(()), |key| Err(EncodeError::Duplicate { part: "field key", name: key.to_string() }))
}

fn append_name(part: &'static str, name: &str, escaped: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    if name.is_empty() {
        return Err(EncodeError::EmptyName { part });
    }
    if name.ends_with('\\') {
        return Err(EncodeError::TrailingBackslash { part, name: name.to_owned() });
    }
    for byte in name.bytes() {
        if matches!(byte, b'\n' | b'\t' | 0) {
            return Err(EncodeError::ForbiddenCharacter { part, name: name.to_owned() });
        }
        if escaped.contains(&byte) {
            out.push(b'\\');
        }
        out.push(byte);
    }
    Ok(())
}

fn append_value(key: &str, value: &FieldValue<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match value {
        FieldValue::Float(float) if float.is_finite() => {
            out.extend_from_slice(ryu::Buffer::new().format_finite(*float).as_bytes());
        }
        FieldValue::Float(float) => {
            return Err(EncodeError::NotFinite { name: key.to_owned(), value: float.to_string() });
        }
        FieldValue::Integer(integer) => append_display(format_args!("{integer}i"), out),
        FieldValue::Unsigned(unsigned) => append_display(format_args!("{unsigned}u"), out),
        FieldValue::Boolean(boolean) => append_display(format_args!("{boolean}"), out),
        FieldValue::String(text) => {
            out.push(b'"');
            for byte in text.bytes() {
                if matches!(byte, b'"' | b'\\') {
                    out.push(b'\\');
                }
                out.push(byte);
            }
            out.push(b'"');
        }
    }
    Ok(())
}

fn append_display(arguments: std::fmt::Arguments<'_>, out: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = out.write_fmt(arguments);
}

#[cfg(test)]
mod tests;
