//! Rows on their way from a request to the log and the buffer.

use arrow_array::RecordBatch;

use crate::TableName;

/// Rows of one table that were written together.
///
/// The columns are those the rows name, in alphabetical order; `time` is always there. A column the table has and the rows
/// do not name is simply absent, which reads as NULL ("not said"), never as an overwrite.
#[derive(Clone, Debug)]
pub struct TableRows {
    /// The table.
    pub table: TableName,
    /// The rows, in the order of the request: of two rows with the same identity the later wins, field by field.
    pub rows: RecordBatch,
}

/// Rows that become durable together, at most one [`TableRows`] a table.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The tables' rows.
    pub tables: Vec<TableRows>,
}

impl Batch {
    /// How many rows there are in all tables.
    #[must_use]
    pub fn row_count(&self) -> usize {
        self.tables.iter().map(|table| table.rows.num_rows()).sum()
    }

    /// The bytes its arrays hold in memory.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.tables.iter().map(|table| table.rows.get_array_memory_size()).sum()
    }
}
