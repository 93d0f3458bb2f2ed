//! What can be wrong with a line, where, and what to do about it.

use std::fmt;

/// How many bytes of the line a message quotes.
const EXCERPT_BYTES_MAX: usize = 40;

/// Why a line is refused. Each message ends with the remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reason {
    /// Bytes that are not text.
    #[error("the line is not valid UTF-8: send it encoded as UTF-8")]
    InvalidUtf8,
    /// The line starts with a comma.
    #[error("the measurement is missing: start the line with the name of a measurement")]
    MissingMeasurement,
    /// A tab or NUL within a name.
    #[error("a name holds a tab or NUL character: remove it")]
    ForbiddenCharacter,
    /// Nothing between the comma and the equals sign.
    #[error("a tag has no key: write key=value after each comma, and escape commas within names as \\,")]
    EmptyTagKey,
    /// A tag key that no equals sign follows.
    #[error("a tag has no value: write key=value, and escape spaces and commas in the key as \\ and \\,")]
    TagWithoutValue,
    /// Nothing after the equals sign of a tag.
    #[error("a tag's value is empty: leave the tag out or give it a value")]
    EmptyTagValue,
    /// An equals sign within a tag value.
    #[error("a tag's value holds an equals sign: escape it as \\=")]
    UnescapedEquals,
    /// The same tag key twice.
    #[error("the tag key appears twice in the line: keep one of the two")]
    DuplicateTag,
    /// The line ends before the first field.
    #[error("the line has no fields: add a space and at least one key=value after the tags")]
    MissingFields,
    /// Nothing before the equals sign of a field, or after a comma.
    #[error("a field has no key: write key=value after each comma")]
    EmptyFieldKey,
    /// A field key that no equals sign follows.
    #[error("a field has no value: write key=value, and escape spaces and commas in the key as \\ and \\,")]
    FieldWithoutValue,
    /// Nothing after the equals sign of a field.
    #[error("a field's value is empty: leave the field out or give it a value")]
    EmptyFieldValue,
    /// A value that is of no type.
    #[error(
        "the value is not a float (1.5), integer (1i), unsigned (1u), boolean (true) or string (\"text\"): \
         put double quotes around text"
    )]
    InvalidValue,
    /// An integer outside of `i64`.
    #[error("the integer is outside of -9223372036854775808i to 9223372036854775807i: send it as a float or string")]
    IntegerOutOfRange,
    /// An unsigned integer outside of `u64`.
    #[error("the unsigned integer is outside of 0u to 18446744073709551615u: send it as an integer, float or string")]
    UnsignedOutOfRange,
    /// A float too large for an `f64`.
    #[error("the float is larger than a 64-bit float can be (1.8e308): scale it down or send it as a string")]
    FloatOutOfRange,
    /// A string without its closing quote.
    #[error("the string is not closed: end it with a double quote, and escape double quotes within as \\\"")]
    UnterminatedString,
    /// Something other than a comma, a space or the end after a string.
    #[error("unexpected text after a string: escape double quotes within strings as \\\"")]
    TextAfterString,
    /// A timestamp that is not a whole number.
    #[error("the timestamp is not a whole number: send digits only, or separate fields with commas and no spaces")]
    InvalidTimestamp,
    /// A timestamp outside of `i64`.
    #[error("the timestamp is outside of the 64-bit range: check the precision that it is sent in")]
    TimestampOutOfRange,
    /// Something after the timestamp.
    #[error("unexpected text after the timestamp: put each point on a line of its own")]
    TextAfterTimestamp,
}

/// A line that was refused. The lines around it are not affected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError<'a> {
    /// The line of the body where the refused line starts, from 1.
    pub line_number: usize,
    /// The byte of `source` that is wrong, from 1; one past the end when something is missing there.
    pub column: usize,
    /// What is wrong.
    pub reason: Reason,
    /// The raw line, without its terminator.
    pub source: &'a [u8],
}

impl fmt::Display for LineError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line_number, self.column, self.reason)?;
        let rest = self.source.get(self.column.saturating_sub(1)..).unwrap_or_default();
        if rest.is_empty() {
            return f.write_str(" (at the end of the line)");
        }
        match rest.get(..EXCERPT_BYTES_MAX) {
            Some(excerpt) => write!(f, " (at {:?}…)", String::from_utf8_lossy(excerpt)),
            None => write!(f, " (at {:?})", String::from_utf8_lossy(rest)),
        }
    }
}

impl std::error::Error for LineError<'_> {}

/// A reason with the place in the text it was found at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Failure {
    pub(crate) at: usize,
    pub(crate) reason: Reason,
}

impl Reason {
    /// This reason at byte `at` of the text.
    pub(crate) const fn at(self, at: usize) -> Failure {
        Failure { at, reason: self }
    }
}

#[cfg(test)]
mod tests;
