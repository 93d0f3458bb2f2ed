//! One point as line protocol words it.

use std::borrow::Cow;

use smallvec::SmallVec;
use tidewell_types::FieldType;

/// The tags of a line, keys with values, in the order of the line.
pub type Tags<'a> = SmallVec<[(Cow<'a, str>, Cow<'a, str>); 8]>;

/// The fields of a line, keys with values, in the order of the line.
pub type Fields<'a> = SmallVec<[(Cow<'a, str>, FieldValue<'a>); 8]>;

/// The value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum FieldValue<'a> {
    /// A finite number.
    Float(f64),
    /// `1i`
    Integer(i64),
    /// `1u`
    Unsigned(u64),
    /// `true`
    Boolean(bool),
    /// `"text"`, unescaped; borrowed from the body unless it held an escape.
    String(Cow<'a, str>),
}

impl FieldValue<'_> {
    /// The type that a column must have to hold it.
    #[must_use]
    pub const fn field_type(&self) -> FieldType {
        match self {
            Self::Float(_) => FieldType::Float,
            Self::Integer(_) => FieldType::Integer,
            Self::Unsigned(_) => FieldType::Unsigned,
            Self::Boolean(_) => FieldType::Boolean,
            Self::String(_) => FieldType::String,
        }
    }
}

/// One parsed line: a point of `measurement`.
///
/// Strings borrow from the body unless they held an escape. The default is an empty line, for
/// [`Parser::next_into`](crate::Parser::next_into) to fill.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line<'a> {
    /// The table to write to; never empty.
    pub measurement: Cow<'a, str>,
    /// No empty key, no empty value, no key twice.
    pub tags: Tags<'a>,
    /// At least one, no empty key, no key twice.
    pub fields: Fields<'a>,
    /// As written, in the precision of the request; `None` when the line has none.
    pub timestamp: Option<i64>,
    /// The line of the body where it starts, from 1; line feeds inside strings count.
    pub line_number: usize,
    /// The raw line, without its terminator.
    pub source: &'a [u8],
}

impl Line<'_> {
    /// Empties it and keeps the memory of its vectors.
    pub fn clear(&mut self) {
        self.measurement = Cow::Borrowed("");
        self.tags.clear();
        self.fields.clear();
        self.timestamp = None;
        self.line_number = 0;
        self.source = &[];
    }
}
