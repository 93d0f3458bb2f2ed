//! The columns by which segments are sorted.

use std::sync::Arc;

use arrow_schema::{DataType, Schema};
use tidewell_types::{TIME_COLUMN, TableSchema};

use crate::SegmentError;

/// The columns that form a row's identity, in sort order: the table's tags, then time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeKey {
    columns: Arc<[Arc<str>]>,
}

impl MergeKey {
    /// The key of a table. Segments from before its newest tags were added are sorted under it as well.
    #[must_use]
    pub fn new(schema: &TableSchema) -> Self {
        Self { columns: schema.tags().iter().cloned().chain([TIME_COLUMN.into()]).collect() }
    }

    /// The columns, in sort order; time is the last.
    #[must_use]
    pub fn columns(&self) -> &[Arc<str>] {
        &self.columns
    }

    /// Where the key's columns are in `schema`, in sort order.
    pub(crate) fn indices(&self, schema: &Schema) -> Result<Vec<usize>, SegmentError> {
        let index = |column: &Arc<str>| {
            schema.index_of(column).map_err(|_| SegmentError::mismatch(column, "part of the key", "missing"))
        };
        self.columns.iter().map(index).collect()
    }

    /// The types of the key's columns in `schema`, in sort order.
    pub(crate) fn types(&self, schema: &Schema) -> Result<Vec<DataType>, SegmentError> {
        Ok(self.indices(schema)?.into_iter().map(|index| schema.field(index).data_type().clone()).collect())
    }

    /// For each column of `schema`, whether it is part of the key.
    pub(crate) fn marks(&self, schema: &Schema) -> Vec<bool> {
        schema.fields().iter().map(|field| self.columns.iter().any(|column| **column == **field.name())).collect()
    }
}
