//! Copying chosen rows of several batches into one, in bulk.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions};
use arrow_schema::{DataType, SchemaRef};
use arrow_select::concat::concat;
use arrow_select::interleave::interleave;

use crate::SegmentError;
use crate::dictionary::gather_tags;

/// From this mean length on stretches are copied as slices, below it row by row.
const SLICED_ROWS_MIN: usize = 16;

/// Consecutive rows of one input batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// The batch, by its place among the plan's inputs.
    pub(crate) slot: usize,
    /// The first row.
    pub(crate) start: usize,
    /// How many rows.
    pub(crate) len: usize,
}

/// One output row that several input rows with the same identity make up.
#[derive(Debug)]
struct Tie {
    /// The stretch (of length 1) that holds the newest of them.
    stretch: usize,
    /// The others in `Plan::older`, newest first.
    older: Range<usize>,
}

/// Which input rows make up an output batch.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    slots: Vec<RecordBatch>,
    stretches: Vec<Stretch>,
    ties: Vec<Tie>,
    older: Vec<(usize, usize)>,
    row_count: usize,
}

impl Plan {
    /// How many rows the output has so far.
    pub(crate) fn row_count(&self) -> usize {
        self.row_count
    }

    /// Adds an input batch (its arrays are shared, not copied) and returns its slot.
    pub(crate) fn add_slot(&mut self, batch: RecordBatch) -> usize {
        self.slots.push(batch);
        self.slots.len() - 1
    }

    /// Appends consecutive rows of one input.
    pub(crate) fn copy(&mut self, slot: usize, start: usize, len: usize) {
        self.row_count += len;
        let after_tie = self.ties.last().is_some_and(|tie| tie.stretch + 1 == self.stretches.len());
        match self.stretches.last_mut() {
            Some(last) if !after_tie && last.slot == slot && last.start + last.len == start => last.len += len,
            _ => self.stretches.push(Stretch { slot, start, len }),
        }
    }

    /// Appends one row made of several (slot, row): each field is that of the first that has it, so `newest` and then
    /// `older`, newest first.
    pub(crate) fn copy_merged(&mut self, newest: (usize, usize), older: impl Iterator<Item = (usize, usize)>) {
        let from = self.older.len();
        self.older.extend(older);
        self.ties.push(Tie { stretch: self.stretches.len(), older: from..self.older.len() });
        self.stretches.push(Stretch { slot: newest.0, start: newest.1, len: 1 });
        self.row_count += 1;
    }

    /// Makes the output. Every input has the columns of `schema`; `is_key` says which columns are part of a row's
    /// identity and so the same in all rows of a tie.
    pub(crate) fn assemble(&self, schema: &SchemaRef, is_key: &[bool]) -> Result<RecordBatch, SegmentError> {
        let mut outputs = Vec::with_capacity(schema.fields().len());
        for (index, field) in schema.fields().iter().enumerate() {
            let columns: Vec<&ArrayRef> = self.slots.iter().map(|batch| batch.column(index)).collect();
            let stretches = if is_key[index] { Cow::Borrowed(&self.stretches[..]) } else { self.resolve(&columns) };
            outputs.push(match field.data_type() {
                _ if stretches.is_empty() => arrow_array::new_empty_array(field.data_type()),
                DataType::Dictionary(_, _) => gather_tags(&columns, &stretches, self.row_count)?,
                _ => gather_values(&columns, &stretches, self.row_count)?,
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.row_count));
        Ok(RecordBatch::try_new_with_options(Arc::clone(schema), outputs, &options)?)
    }

    /// The stretches for one field: a tie takes the newest row that has a value.
    fn resolve(&self, columns: &[&ArrayRef]) -> Cow<'_, [Stretch]> {
        if self.ties.is_empty() || columns.iter().all(|column| column.null_count() == 0) {
            return Cow::Borrowed(&self.stretches);
        }
        let mut stretches = self.stretches.clone();
        for tie in &self.ties {
            let stretch = &mut stretches[tie.stretch];
            if columns[stretch.slot].is_valid(stretch.start) {
                continue;
            }
            let older = &self.older[tie.older.clone()];
            if let Some((slot, row)) = older.iter().find(|(slot, row)| columns[*slot].is_valid(*row)) {
                *stretch = Stretch { slot: *slot, start: *row, len: 1 };
            }
        }
        Cow::Owned(stretches)
    }
}

fn gather_values(columns: &[&ArrayRef], stretches: &[Stretch], row_count: usize) -> Result<ArrayRef, SegmentError> {
    if let [only] = stretches {
        return Ok(columns[only.slot].slice(only.start, only.len));
    }
    if row_count / stretches.len() >= SLICED_ROWS_MIN {
        let slices: Vec<ArrayRef> =
            stretches.iter().map(|stretch| columns[stretch.slot].slice(stretch.start, stretch.len)).collect();
        let slices: Vec<&dyn Array> = slices.iter().map(AsRef::as_ref).collect();
        return Ok(concat(&slices)?);
    }
    let mut rows = Vec::with_capacity(row_count);
    for stretch in stretches {
        rows.extend((stretch.start..stretch.start + stretch.len).map(|row| (stretch.slot, row)));
    }
    let columns: Vec<&dyn Array> = columns.iter().map(|column| column.as_ref()).collect();
    Ok(interleave(&columns, &rows)?)
}

#[cfg(test)]
mod tests;
