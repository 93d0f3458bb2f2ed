//! Of rows with the same value of a column only the first is kept, within one import.

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt64Type};
use arrow_array::{Array, BooleanArray, RecordBatch};
use arrow_schema::DataType;
use arrow_select::filter::filter_record_batch;
use hashbrown::HashSet;
use xxhash_rust::xxh3::xxh3_128;

use crate::error::ImportError;

/// The values are kept in so many sets, so that one that grows takes little at once.
const SHARDS: usize = 256;
/// What a value takes at most: a set is at least seven sixteenths full, once it holds many.
const VALUE_BYTES_MAX: u64 = 40;

/// The values that were seen, as hashes of 128 bits.
#[derive(Debug)]
pub(crate) struct Dedup {
    column: String,
    seen: Vec<HashSet<u128>>,
    count: u64,
    count_max: u64,
    bytes_max: u64,
    /// Those that the file at hand has brought.
    fresh: Vec<u128>,
}

impl Dedup {
    /// Within `bytes_max` bytes of memory.
    pub(crate) fn new(column: &str, bytes_max: u64) -> Self {
        Self {
            column: column.to_owned(),
            seen: (0..SHARDS).map(|_| HashSet::new()).collect(),
            count: 0,
            count_max: bytes_max / VALUE_BYTES_MAX,
            bytes_max,
            fresh: Vec::new(),
        }
    }

    /// The rows whose value was not seen yet, or that have none. Takes long: run it off the async threads.
    pub(crate) fn keep(&mut self, rows: RecordBatch) -> Result<RecordBatch, ImportError> {
        let Some(column) = rows.column_by_name(&self.column) else { return Ok(rows) };
        let hashes = hashes(column);
        let mut kept = Vec::with_capacity(rows.num_rows());
        for hash in hashes {
            kept.push(match hash {
                Some(hash) => self.insert(hash)?,
                None => true,
            });
        }
        if kept.iter().all(|kept| *kept) {
            return Ok(rows);
        }
        let filtered = filter_record_batch(&rows, &BooleanArray::from(kept));
        // Lengths agree by what was just made.
        filtered.map_err(|error| ImportError::Option(format!("rows cannot be left out: {error}; please report it")))
    }

    fn insert(&mut self, hash: u128) -> Result<bool, ImportError> {
        let shard = hash as usize % SHARDS;
        let Some(seen) = self.seen.get_mut(shard) else { return Ok(true) };
        if !seen.insert(hash) {
            return Ok(false);
        }
        self.fresh.push(hash);
        self.count += 1;
        if self.count > self.count_max {
            let (column, count_max, bytes_max) = (&self.column, self.count_max, self.bytes_max);
            return Err(ImportError::Option(format!(
                "column {column:?} has over {count_max} different values, and {bytes_max} bytes may be used to remember \
                 them: raise --memory-limit, or import fewer files at once"
            )));
        }
        Ok(true)
    }

    /// The file at hand is kept.
    pub(crate) fn keep_file(&mut self) {
        self.fresh = Vec::new();
    }

    /// Nothing of the file at hand is kept.
    pub(crate) fn forget_file(&mut self) {
        for hash in std::mem::take(&mut self.fresh) {
            if let Some(seen) = self.seen.get_mut(hash as usize % SHARDS) {
                seen.remove(&hash);
            }
            self.count -= 1;
        }
    }
}

/// A hash of each value; `None` for NULL.
fn hashes(column: &dyn Array) -> Vec<Option<u128>> {
    let row_count = column.len();
    let each = |of: &dyn Fn(usize) -> u128| -> Vec<Option<u128>> {
        (0..row_count).map(|row| column.is_valid(row).then(|| of(row))).collect()
    };
    let of_text = |text: &str| xxh3_128(text.as_bytes());
    match column.data_type() {
        DataType::Dictionary(_, _) => {
            let Some(tags) = column.as_dictionary_opt::<Int32Type>() else { return vec![None; row_count] };
            let Some(values) = tags.values().as_string_opt::<i32>() else { return vec![None; row_count] };
            let by_key: Vec<Option<u128>> = values.iter().map(|value| value.map(of_text)).collect();
            (0..row_count).map(|row| by_key.get(tags.key(row)?).copied().flatten()).collect()
        }
        DataType::Float64 => {
            let values = column.as_primitive::<Float64Type>();
            each(&|row| xxh3_128(&values.value(row).to_bits().to_le_bytes()))
        }
        DataType::Int64 => {
            let values = column.as_primitive::<Int64Type>();
            each(&|row| xxh3_128(&values.value(row).to_le_bytes()))
        }
        DataType::UInt64 => {
            let values = column.as_primitive::<UInt64Type>();
            each(&|row| xxh3_128(&values.value(row).to_le_bytes()))
        }
        DataType::Timestamp(_, _) => {
            let values = column.as_primitive::<TimestampNanosecondType>();
            each(&|row| xxh3_128(&values.value(row).to_le_bytes()))
        }
        DataType::Boolean => each(&|row| u128::from(column.as_boolean().value(row))),
        DataType::Utf8 => each(&|row| of_text(column.as_string::<i32>().value(row))),
        _ => vec![None; row_count],
    }
}

#[cfg(test)]
mod tests;
