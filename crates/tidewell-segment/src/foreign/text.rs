//! Columns of bytes, each value checked to be text.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, BinaryArray, DictionaryArray, FixedSizeBinaryArray, Int32Array, StringArray};
use hashbrown::HashMap;

use super::cast::Bad;

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
            _ => (0..self.len()).filter_map(|row| self.bytes(row)).map(|bytes| bytes.len() as u64).sum(),
        }
    }

    fn bytes(&self, row: usize) -> Option<&'a [u8]> {
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
            Err(error) => {
                let problem = format!("it is no text: byte {} is not UTF-8", error.valid_up_to());
                Err(Bad { row, problem })
            }
        }
    }

    /// The column as a string field.
    pub(crate) fn strings(&self) -> Result<ArrayRef, Bad> {
        let bytes = usize::try_from(self.total_bytes()).unwrap_or_default();
        let mut strings = StringBuilder::with_capacity(self.len(), bytes);
        for row in 0..self.len() {
            strings.append_option(self.text(row)?);
        }
        Ok(Arc::new(strings.finish()))
    }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A tag column in the making: each value once. No text is no tag, as in line protocol.
#[derive(Default)]
pub(crate) struct TagColumn {
    keys: Vec<Option<i32>>,
    ids: HashMap<String, i32>,
}

impl TagColumn {
    pub(crate) fn push(&mut self, value: Option<&str>) -> Result<(), Bad> {
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            self.keys.push(None);
            return Ok(());
        };
        let id = match self.ids.get(value) {
            Some(id) => *id,
            None => {
                let too_many = |_| Bad { row: self.keys.len(), problem: "over 2^31 tag values in a batch".to_owned() };
                let id = i32::try_from(self.ids.len()).map_err(too_many)?;
                self.ids.insert(value.to_owned(), id);
                id
            }
        };
        self.keys.push(Some(id));
        Ok(())
    }

    pub(crate) fn finish(self) -> Result<ArrayRef, Bad> {
        let mut values: Vec<(String, i32)> = self.ids.into_iter().collect();
        values.sort_unstable_by_key(|(_, id)| *id);
        let values = StringArray::from_iter_values(values.into_iter().map(|(value, _)| value));
        let keys: Int32Array = self.keys.into_iter().collect();
        let column = DictionaryArray::<Int32Type>::try_new(keys, Arc::new(values));
        Ok(Arc::new(column.map_err(|error| Bad { row: 0, problem: error.to_string() })?))
    }
}
