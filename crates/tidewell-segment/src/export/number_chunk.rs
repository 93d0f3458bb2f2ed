//! A column of 64-bit numbers that repeat as Parquet pages, with a dictionary that is looked at only where the number
//! differs from the one before.

use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use bytes::Bytes;
use hashbrown::HashMap;
use parquet::basic::Compression;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result};
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::schema::types::ColumnDescPtr;

use super::keyed_chunk::KeyedChunk;

/// Bytes of a number.
const WIDTH: usize = 8;

/// How numbers are ordered, for the bounds in the footer.
#[derive(Clone, Copy)]
enum Order {
    Signed,
    Unsigned,
    Float,
}

/// A column chunk of numbers in the making. Numbers are told apart by their bits, so that each comes back as it was.
pub(crate) struct NumberChunk {
    rows: KeyedChunk,
    ids: HashMap<u64, u32>,
    /// The number that was seen last, with its key.
    last: Option<(u64, u32)>,
    order: Order,
}

impl NumberChunk {
    pub(crate) fn new(column: ColumnDescPtr, data_type: &DataType) -> Self {
        let order = match data_type {
            DataType::Float64 => Order::Float,
            DataType::UInt64 => Order::Unsigned,
            _ => Order::Signed,
        };
        Self { rows: KeyedChunk::new(column), ids: HashMap::new(), last: None, order }
    }

    /// What the chunk comes to before it is compressed, in bytes, or less.
    pub(crate) fn encoded_bytes(&self) -> usize {
        self.rows.encoded_bytes()
    }

    pub(crate) fn write(&mut self, column: &ArrayRef) -> Result<()> {
        let data = column.to_data();
        let is_wide = column.data_type().primitive_width() == Some(WIDTH);
        let numbers = is_wide.then(|| data.buffer::<u64>(0)).and_then(|numbers| numbers.get(..data.len()));
        let numbers = numbers.ok_or_else(|| ParquetError::General("the column does not hold numbers".to_owned()))?;
        match column.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => {
                self.add(numbers.iter())?;
                self.rows.add_rows(numbers.len(), None::<std::iter::Empty<bool>>);
            }
            Some(nulls) => {
                self.add(numbers.iter().zip(nulls.iter()).filter(|(_, is_valid)| *is_valid).map(|(number, _)| number))?;
                self.rows.add_rows(numbers.len(), Some(nulls.iter()));
            }
        }
        Ok(())
    }

    fn add<'a>(&mut self, numbers: impl Iterator<Item = &'a u64>) -> Result<()> {
        self.rows.keys.reserve(numbers.size_hint().0);
        for number in numbers {
            let key = match self.last {
                Some((last, key)) if last == *number => key,
                _ => self.key(*number)?,
            };
            self.last = Some((*number, key));
            self.rows.keys.push(key);
        }
        Ok(())
    }

    fn key(&mut self, number: u64) -> Result<u32> {
        if let Some(key) = self.ids.get(&number) {
            return Ok(*key);
        }
        let key = self.rows.add_value(|page| page.extend_from_slice(&number.to_le_bytes()))?;
        self.ids.insert(number, key);
        Ok(key)
    }

    /// The chunk's bytes, with what the footer says of it.
    pub(crate) fn close(self, codec: Compression) -> Result<(Bytes, ColumnCloseResult)> {
        let statistics = self.statistics();
        self.rows.close(codec, statistics, Some(WIDTH))
    }

    fn statistics(&self) -> Statistics {
        let numbers = || self.rows.values::<WIDTH>().iter();
        let null_count = Some(self.rows.null_count());
        match self.order {
            Order::Signed => {
                let numbers = || numbers().map(|bytes| i64::from_le_bytes(*bytes));
                Statistics::from(ValueStatistics::new(numbers().min(), numbers().max(), None, null_count, false))
            }
            Order::Unsigned => {
                let numbers = || numbers().map(|bytes| u64::from_le_bytes(*bytes));
                let (min, max) = (numbers().min(), numbers().max());
                let bits = |bound: Option<u64>| bound.map(u64::cast_signed);
                Statistics::from(ValueStatistics::new(bits(min), bits(max), None, null_count, false))
            }
            Order::Float => {
                let numbers = || numbers().map(|bytes| f64::from_le_bytes(*bytes)).filter(|number| !number.is_nan());
                // The format wants a zero that holds for both, whichever of them is there.
                let zero = |bound: f64, zero: f64| if bound == 0.0 { zero } else { bound };
                let min = numbers().min_by(f64::total_cmp).map(|min| zero(min, -0.0));
                let max = numbers().max_by(f64::total_cmp).map(|max| zero(max, 0.0));
                Statistics::from(ValueStatistics::new(min, max, None, null_count, false))
            }
        }
    }
}

#[cfg(test)]
mod tests;
