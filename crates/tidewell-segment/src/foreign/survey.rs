//! What the rows of a foreign file are, found by looking at all of them.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_row::{OwnedRow, RowConverter, SortField};
use arrow_schema::SchemaRef;
use tidewell_types::{TableSchema, TimeBounds};

use crate::SegmentError;
use crate::conform::conform;
use crate::merge_key::MergeKey;
use crate::stats::{TagStats, tag_stats, time_bounds};

/// What rows were found to be; nothing of it is a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surveyed {
    /// Rows.
    pub row_count: u64,
    /// The earliest and the latest; `None` for no rows.
    pub time: Option<TimeBounds>,
    /// One entry a tag of the table, in its order.
    pub tags: Vec<TagStats>,
    /// Whether they are in a segment's order, by tags and then time, each identity once.
    pub is_sorted: bool,
}

/// Looks at rows batch by batch, in the order in which they are in the file; holds one key at a time.
#[derive(Debug)]
pub struct Survey {
    /// Time and tags alone.
    arrow: SchemaRef,
    key: Vec<usize>,
    converter: RowConverter,
    last: Option<OwnedRow>,
    found: Surveyed,
    /// Whether some batch has values of a tag without a short upper bound.
    is_open: Vec<bool>,
}

impl Survey {
    /// Of rows that are to be a table's.
    ///
    /// # Errors
    /// [`SegmentError::Internal`] where tags cannot be compared.
    pub fn new(schema: &TableSchema) -> Result<Self, SegmentError> {
        let mut keyed = TableSchema::new();
        for tag in schema.tags() {
            keyed.add_tag(tag).map_err(|error| SegmentError::internal(error.to_string()))?;
        }
        let (arrow, key) = (keyed.arrow(), MergeKey::new(&keyed));
        let fields = key.types(&arrow)?.into_iter().map(SortField::new).collect();
        let tag = |tag: &std::sync::Arc<str>| TagStats { tag: tag.to_string(), min: None, max: None, null_count: 0 };
        let tags: Vec<TagStats> = keyed.tags().iter().map(tag).collect();
        Ok(Self {
            key: key.indices(&arrow)?,
            converter: RowConverter::new(fields)?,
            last: None,
            is_open: vec![false; tags.len()],
            found: Surveyed { row_count: 0, time: None, tags, is_sorted: true },
            arrow,
        })
    }

    /// Looks at the next rows; the bounds of their time.
    ///
    /// # Errors
    /// [`SegmentError::SchemaMismatch`] when the time or a tag has another type than the table's.
    pub fn see(&mut self, rows: &RecordBatch) -> Result<Option<TimeBounds>, SegmentError> {
        if rows.num_rows() == 0 {
            return Ok(None);
        }
        let rows = conform(&self.arrow, rows)?;
        let time = time_bounds(&rows)?;
        self.found.row_count += rows.num_rows() as u64;
        self.found.time = Some(self.found.time.map_or(time, |seen| seen.union(&time)));
        for (tag, is_open) in self.found.tags.iter_mut().zip(&mut self.is_open) {
            let TagStats { min, max, null_count, .. } = tag_stats(&tag.tag, &rows)?;
            tag.null_count += null_count;
            *is_open |= min.is_some() && max.is_none();
            tag.min = [tag.min.take(), min].into_iter().flatten().min();
            tag.max = [tag.max.take(), max].into_iter().flatten().max();
        }
        if self.found.is_sorted {
            self.found.is_sorted = self.follows(&rows)?;
        }
        Ok(Some(time))
    }

    /// Whether these rows are sorted and come after the last.
    fn follows(&mut self, rows: &RecordBatch) -> Result<bool, SegmentError> {
        let columns: Vec<ArrayRef> = self.key.iter().map(|index| rows.column(*index).clone()).collect();
        let keys = self.converter.convert_columns(&columns)?;
        let is_after = self.last.as_ref().is_none_or(|last| last.row() < keys.row(0));
        self.last = Some(keys.row(keys.num_rows() - 1).owned());
        Ok(is_after && keys.iter().is_sorted_by(|a, b| a < b))
    }

    /// What they are, once all were seen.
    #[must_use]
    pub fn finish(mut self) -> Surveyed {
        for (tag, _) in self.found.tags.iter_mut().zip(&self.is_open).filter(|(_, is_open)| **is_open) {
            tag.max = None;
        }
        self.found
    }
}

#[cfg(test)]
mod tests;
