//! Leaving rows out that were deleted or have outlived their retention.

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int32Type, TimestampNanosecondType};
use arrow_array::{Array as _, BooleanArray, RecordBatch, StringArray};
use arrow_schema::DataType;
use arrow_select::filter::filter_record_batch;
use tidewell_types::{TIME_COLUMN, TimeBounds, TimestampNs};

use crate::SegmentError;

/// Rows that no longer count: those within a span of time whose tags all have one of the given values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// The span of time, inclusive.
    pub time: TimeBounds,
    /// Tags and their values; the empty string stands for rows without the tag. None: every row of the span.
    pub tags: Vec<(String, Vec<String>)>,
}

/// The rows that count: at or after `time_floor`, and in none of `hidden`. `batch` must have the time and every tag that a
/// hidden set names and the table has; a tag that it lacks is NULL in every row. No copy where all rows count.
///
/// # Errors
/// [`SegmentError::SchemaMismatch`] when the time or a tag is not what it should be.
pub fn visible(
    batch: &RecordBatch,
    hidden: &[Hidden],
    time_floor: Option<TimestampNs>,
) -> Result<RecordBatch, SegmentError> {
    if hidden.is_empty() && time_floor.is_none() {
        return Ok(batch.clone());
    }
    let times = batch
        .column_by_name(TIME_COLUMN)
        .and_then(|column| column.as_primitive_opt::<TimestampNanosecondType>())
        .ok_or_else(|| SegmentError::mismatch(TIME_COLUMN, "a timestamp", "something else"))?
        .values();
    let floor_ns = time_floor.map_or(i64::MIN, TimestampNs::as_ns);
    let mut kept: Vec<bool> = times.iter().map(|ns| *ns >= floor_ns).collect();
    for hidden in hidden {
        let tags = hidden.tags.iter().map(|(tag, values)| matching(batch, tag, values));
        let tags = tags.collect::<Result<Vec<_>, SegmentError>>()?;
        let span = hidden.time.min.as_ns()..=hidden.time.max.as_ns();
        for (row, (kept, ns)) in kept.iter_mut().zip(times.iter()).enumerate() {
            *kept &= !(span.contains(ns) && tags.iter().all(|tag| tag.matches(row)));
        }
    }
    match kept.iter().all(|kept| *kept) {
        true => Ok(batch.clone()),
        false => Ok(filter_record_batch(batch, &BooleanArray::from(kept))?),
    }
}

/// Which rows have one of the wanted values.
enum Matching<'a> {
    /// By dictionary key; the last is for rows without the tag.
    Keys { column: &'a arrow_array::DictionaryArray<Int32Type>, is_wanted: Vec<bool>, is_null_wanted: bool },
    /// The whole batch lacks the tag.
    All(bool),
}

impl Matching<'_> {
    fn matches(&self, row: usize) -> bool {
        match self {
            Self::All(matches) => *matches,
            Self::Keys { column, is_wanted, is_null_wanted } => match column.key(row) {
                Some(key) => is_wanted.get(key).copied().unwrap_or(false),
                None => *is_null_wanted,
            },
        }
    }
}

fn matching<'a>(batch: &'a RecordBatch, tag: &str, values: &[String]) -> Result<Matching<'a>, SegmentError> {
    let is_null_wanted = values.iter().any(String::is_empty);
    let Some(column) = batch.column_by_name(tag) else { return Ok(Matching::All(is_null_wanted)) };
    let mismatch = || SegmentError::mismatch(tag, "a tag", column.data_type());
    if !matches!(column.data_type(), DataType::Dictionary(_, _)) {
        return Err(mismatch());
    }
    let column = column.as_dictionary_opt::<Int32Type>().ok_or_else(mismatch)?;
    let names: &StringArray = column.values().as_string_opt::<i32>().ok_or_else(mismatch)?;
    let is_wanted = names.iter().map(|name| match name {
        Some(name) => values.iter().any(|value| value == name),
        None => is_null_wanted,
    });
    Ok(Matching::Keys { column, is_wanted: is_wanted.collect(), is_null_wanted })
}

#[cfg(test)]
mod tests;
