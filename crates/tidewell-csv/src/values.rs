//! The values of one column while a batch is read.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, PrimitiveArray, StringArray, UInt64Array,
};
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::ArrowError;
use hashbrown::HashMap;
use tidewell_types::FieldType;

use crate::recent::Recent;
use crate::validity::Validity;

/// Texts one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Texts {
    offsets: Vec<i32>,
    bytes: Vec<u8>,
}

impl Default for Texts {
    fn default() -> Self {
        Self { offsets: vec![0], bytes: Vec::new() }
    }
}

impl Texts {
    fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    fn get(&self, place: i32) -> Option<&[u8]> {
        let place = usize::try_from(place).ok()?;
        let start = usize::try_from(*self.offsets.get(place)?).ok()?;
        let end = usize::try_from(*self.offsets.get(place + 1)?).ok()?;
        self.bytes.get(start..end)
    }

    fn push(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.offsets.push(i32::try_from(self.bytes.len()).unwrap_or(i32::MAX));
    }

    fn truncate(&mut self, count: usize) {
        self.offsets.truncate(count + 1);
        let end = self.offsets.last().copied().unwrap_or_default();
        self.bytes.truncate(usize::try_from(end).unwrap_or_default());
    }

    fn into_array(self, nulls: Option<NullBuffer>) -> Result<StringArray, ArrowError> {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        StringArray::try_new(offsets, Buffer::from_vec(self.bytes), nulls)
    }
}

/// Values by type; a row without a value has any.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    /// No row had a value so far.
    Undecided(usize),
    Float(Vec<f64>),
    Integer(Vec<i64>),
    Unsigned(Vec<u64>),
    Boolean(Vec<bool>),
    String(Texts),
    Tag {
        keys: Vec<i32>,
        places: HashMap<Box<str>, i32>,
        texts: Texts,
        recent: Recent,
    },
}

impl Values {
    pub(crate) fn of_field(field_type: Option<FieldType>) -> Self {
        match field_type {
            None => Self::Undecided(0),
            Some(FieldType::Float) => Self::Float(Vec::new()),
            Some(FieldType::Integer) => Self::Integer(Vec::new()),
            Some(FieldType::Unsigned) => Self::Unsigned(Vec::new()),
            Some(FieldType::Boolean) => Self::Boolean(Vec::new()),
            Some(FieldType::String) => Self::String(Texts::default()),
        }
    }

    pub(crate) fn of_tag() -> Self {
        Self::Tag { keys: Vec::new(), places: HashMap::new(), texts: Texts::default(), recent: Recent::default() }
    }

    pub(crate) fn push_text(&mut self, text: &str) {
        match self {
            Self::String(texts) => texts.push(text),
            Self::Tag { keys, places, texts, recent } => {
                let key = match places.get(text).copied() {
                    Some(key) => key,
                    None => {
                        let key = i32::try_from(texts.len()).unwrap_or(i32::MAX);
                        texts.push(text);
                        places.insert(text.into(), key);
                        key
                    }
                };
                recent.remember(text.as_bytes(), key);
                keys.push(key);
            }
            _ => {}
        }
    }

    /// Adds a text that is a tag lately seen; `false` where it may be anything.
    #[inline]
    pub(crate) fn push_known(&mut self, text: &[u8]) -> bool {
        let Self::Tag { keys, texts, recent, .. } = self else { return false };
        let Some(key) = recent.find(text).filter(|key| texts.get(*key) == Some(text)) else { return false };
        keys.push(key);
        true
    }

    /// Makes place for so many rows more.
    pub(crate) fn reserve(&mut self, count: usize) {
        match self {
            Self::Undecided(_) => {}
            Self::Float(values) => values.reserve(count),
            Self::Integer(values) => values.reserve(count),
            Self::Unsigned(values) => values.reserve(count),
            Self::Boolean(values) => values.reserve(count),
            Self::String(texts) => texts.offsets.reserve(count),
            Self::Tag { keys, .. } => keys.reserve(count),
        }
    }

    /// Adds a row without a value.
    pub(crate) fn push_none(&mut self) {
        match self {
            Self::Undecided(count) => *count += 1,
            Self::Float(values) => values.push(0.0),
            Self::Integer(values) => values.push(0),
            Self::Unsigned(values) => values.push(0),
            Self::Boolean(values) => values.push(false),
            Self::String(texts) => texts.push(""),
            Self::Tag { keys, .. } => keys.push(0),
        }
    }

    pub(crate) fn truncate(&mut self, count: usize) {
        match self {
            Self::Undecided(rows) => *rows = count.min(*rows),
            Self::Float(values) => values.truncate(count),
            Self::Integer(values) => values.truncate(count),
            Self::Unsigned(values) => values.truncate(count),
            Self::Boolean(values) => values.truncate(count),
            Self::String(texts) => texts.truncate(count),
            Self::Tag { keys, .. } => keys.truncate(count),
        }
    }

    /// The column of a batch, or `None` while it is undecided.
    pub(crate) fn into_array(self, validity: Validity) -> Result<Option<ArrayRef>, ArrowError> {
        let nulls = validity.into_nulls();
        Ok(Some(match self {
            Self::Undecided(_) => return Ok(None),
            Self::Float(values) => Arc::new(Float64Array::try_new(values.into(), nulls)?),
            Self::Integer(values) => Arc::new(Int64Array::try_new(values.into(), nulls)?),
            Self::Unsigned(values) => Arc::new(UInt64Array::try_new(values.into(), nulls)?),
            Self::Boolean(values) => Arc::new(BooleanArray::new(BooleanBuffer::from(values), nulls)),
            Self::String(texts) => Arc::new(texts.into_array(nulls)?),
            Self::Tag { keys, texts, .. } => {
                let keys = PrimitiveArray::<Int32Type>::try_new(keys.into(), nulls)?;
                Arc::new(DictionaryArray::try_new(keys, Arc::new(texts.into_array(None)?))?)
            }
        }))
    }
}
