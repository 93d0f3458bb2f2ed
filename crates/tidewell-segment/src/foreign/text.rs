//! Columns of bytes, each value checked to be text.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, BinaryArray, DictionaryArray, FixedSizeBinaryArray, StringArray};
use arrow_select::take::take;

use super::cast::Bad;
use super::known_dictionary::KnownDictionary;

/// A column of bytes, with or without a dictionary.
pub(crate) enum Texts<'a> {
    Plain(&'a BinaryArray),
    Dictionary(&'a DictionaryArray<Int32Type>, &'a BinaryArray),
    /// Bytes of one width, told as hexadecimal digits.
    Fixed(&'a FixedSizeBinaryArray),
}

impl<'a> Texts<'a> {
    pub(crate) fn of(column: &'a dyn Array) -> Option<Self> {
        if let Some(plain) = column.as_binary_opt::<i32>() {
            return Some(Self::Plain(plain));
        }
        if let Some(fixed) = column.as_fixed_size_binary_opt() {
            return Some(Self::Fixed(fixed));
        }
        let column = column.as_dictionary_opt::<Int32Type>()?;
        Some(Self::Dictionary(column, column.values().as_binary_opt::<i32>()?))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Plain(column) => column.len(),
            Self::Dictionary(column, _) => column.len(),
            Self::Fixed(column) => column.len(),
        }
    }

    /// The bytes of all rows' texts together.
    pub(crate) fn total_bytes(&self) -> u64 {
        match self {
            Self::Fixed(column) => 2 * column.len() as u64 * u64::try_from(column.value_length()).unwrap_or_default(),
            Self::Plain(column) => {
                let (first, last) = (column.offsets().first(), column.offsets().last());
                u64::try_from(last.zip(first).map_or(0, |(last, first)| last - first)).unwrap_or_default()
            }
            Self::Dictionary(..) => {
                (0..self.len()).filter_map(|row| self.bytes(row)).map(|bytes| bytes.len() as u64).sum()
            }
        }
    }

    pub(crate) fn bytes(&self, row: usize) -> Option<&'a [u8]> {
        match self {
            Self::Plain(column) => column.is_valid(row).then(|| column.value(row)),
            Self::Dictionary(column, values) => {
                column.key(row).filter(|key| values.is_valid(*key)).map(|key| values.value(key))
            }
            Self::Fixed(column) => column.is_valid(row).then(|| column.value(row)),
        }
    }

    /// A row's text; `None` for NULL.
    pub(crate) fn text(&self, row: usize) -> Result<Option<std::borrow::Cow<'a, str>>, Bad> {
        let Some(bytes) = self.bytes(row) else { return Ok(None) };
        if let Self::Fixed(_) = self {
            return Ok(Some(hexadecimal(bytes).into()));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(text.into())),
            Err(_) => Err(no_text(row, bytes)),
        }
    }

    /// The column as a string field. `dictionary` is that of the batches before it of the same column.
    pub(crate) fn strings(&self, dictionary: &mut KnownDictionary) -> Result<ArrayRef, Bad> {
        match self {
            Self::Plain(column) => {
                if let Some(strings) = checked(column) {
                    return Ok(Arc::new(strings));
                }
            }
            Self::Dictionary(column, values) => {
                if let Some(texts) = dictionary.texts(values)? {
                    let strings = take(texts, column.keys(), None);
                    return strings.map_err(|error| Bad { row: 0, problem: error.to_string() });
                }
            }
            Self::Fixed(_) => {}
        }
        // Row by row, to find the one that is no text: there may be none among the rows that are not NULL.
        let bytes = usize::try_from(self.total_bytes()).unwrap_or_default();
        let mut strings = StringBuilder::with_capacity(self.len(), bytes);
        for row in 0..self.len() {
            strings.append_option(self.text(row)?);
        }
        Ok(Arc::new(strings.finish()))
    }
}

/// All values as text, in the memory where they are; `None` where one is not.
pub(crate) fn checked(bytes: &BinaryArray) -> Option<StringArray> {
    StringArray::try_from_binary(bytes.clone()).ok()
}

/// What is wrong with bytes that are no text.
pub(crate) fn no_text(row: usize, bytes: &[u8]) -> Bad {
    let byte = std::str::from_utf8(bytes).err().map(|error| error.valid_up_to()).unwrap_or_default();
    Bad { row, problem: format!("it is no text: byte {byte} is not UTF-8") }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
