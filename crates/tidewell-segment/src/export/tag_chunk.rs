//! A column of dictionaries of text as Parquet pages: its keys are written as they are, where the library would look
//! at the text of every row.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, DictionaryArray, StringArray};
use arrow_buffer::ArrowNativeType;
use arrow_schema::DataType;
use bytes::Bytes;
use hashbrown::HashMap;
use parquet::basic::Compression;
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::schema::types::ColumnDescPtr;

use super::keyed_chunk::KeyedChunk;

/// Bytes of a bound in the footer; a longer one is left out.
const BOUND_BYTES_MAX: usize = 256;

/// Whether a column of this type can be written here.
pub(crate) fn is_tag_like(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Dictionary(_, values) if **values == DataType::Utf8)
}

/// A column chunk of texts in the making.
pub(crate) struct TagChunk {
    rows: KeyedChunk,
    ids: HashMap<Box<str>, u32>,
    /// The last dictionary, with the key in the chunk that each value has, or `NONE`.
    known: Option<(ArrayRef, Vec<u32>)>,
}

const NONE: u32 = u32::MAX;

impl TagChunk {
    pub(crate) fn new(column: ColumnDescPtr) -> Self {
        Self { rows: KeyedChunk::new(column), ids: HashMap::new(), known: None }
    }

    /// What the chunk comes to before it is compressed, in bytes, or less.
    pub(crate) fn encoded_bytes(&self) -> usize {
        self.rows.encoded_bytes()
    }

    pub(crate) fn write(&mut self, column: &ArrayRef) -> Result<()> {
        match column.data_type() {
            DataType::Dictionary(key, _) => match **key {
                DataType::Int8 => self.write_keys(column.as_dictionary::<Int8Type>()),
                DataType::Int16 => self.write_keys(column.as_dictionary::<Int16Type>()),
                DataType::Int32 => self.write_keys(column.as_dictionary::<Int32Type>()),
                DataType::Int64 => self.write_keys(column.as_dictionary::<Int64Type>()),
                DataType::UInt8 => self.write_keys(column.as_dictionary::<UInt8Type>()),
                DataType::UInt16 => self.write_keys(column.as_dictionary::<UInt16Type>()),
                DataType::UInt32 => self.write_keys(column.as_dictionary::<UInt32Type>()),
                _ => self.write_keys(column.as_dictionary::<UInt64Type>()),
            },
            other => Err(ParquetError::General(format!("{other} is no dictionary"))),
        }
    }

    fn write_keys<K: ArrowDictionaryKeyType>(&mut self, column: &DictionaryArray<K>) -> Result<()> {
        let texts = column.values().as_string_opt::<i32>();
        let texts = texts.ok_or_else(|| ParquetError::General("the dictionary does not hold text".to_owned()))?;
        let known = self.known.take().filter(|(values, _)| Arc::ptr_eq(values, column.values()));
        let (values, mut places) =
            known.unwrap_or_else(|| (Arc::clone(column.values()), vec![NONE; column.values().len()]));
        let keys = column.keys();
        let is_whole = column.null_count() == 0 && texts.null_count() == 0;
        let is_present = |(row, key): (usize, &K::Native)| !keys.is_null(row) && !texts.is_null(key.as_usize());
        let present =
            || keys.values().iter().enumerate().filter(|row| is_whole || is_present(*row)).map(|(_, key)| key);
        for key in present() {
            let key = key.as_usize();
            let place = places.get_mut(key).ok_or_else(|| ParquetError::General("a key without value".to_owned()))?;
            if *place == NONE {
                *place = self.id(texts, key)?;
            }
        }
        let place = |key: &K::Native| places.get(key.as_usize()).copied().unwrap_or(NONE);
        if is_whole {
            self.rows.keys.extend(keys.values().iter().map(place));
        } else {
            self.rows.keys.extend(present().map(place));
        }
        self.rows.add_rows(column.len(), (!is_whole).then(|| keys.values().iter().enumerate().map(is_present)));
        self.known = Some((values, places));
        Ok(())
    }

    fn id(&mut self, texts: &StringArray, key: usize) -> Result<u32> {
        let text = texts.value(key);
        if let Some(id) = self.ids.get(text) {
            return Ok(*id);
        }
        let id = self.rows.add_value(|page| {
            page.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
            page.extend_from_slice(text.as_bytes());
        })?;
        self.ids.insert(text.into(), id);
        Ok(id)
    }

    /// The chunk's bytes, with what the footer says of it.
    pub(crate) fn close(self, codec: Compression) -> Result<(Bytes, ColumnCloseResult)> {
        let statistics = self.statistics();
        self.rows.close(codec, statistics, None)
    }

    fn statistics(&self) -> Statistics {
        let bound = |text: Option<&Box<str>>| {
            text.filter(|text| text.len() <= BOUND_BYTES_MAX).map(|text| ByteArray::from(text.as_bytes().to_vec()))
        };
        let (min, max) = (bound(self.ids.keys().min()), bound(self.ids.keys().max()));
        Statistics::from(ValueStatistics::new(min, max, None, Some(self.rows.null_count()), false))
    }
}

#[cfg(test)]
mod tests;
