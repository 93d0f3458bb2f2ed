//! Some records that have as many cells as the file has columns.

use crate::scan::Cell;

/// A row of a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// The line at which it begins.
    pub(crate) line: u64,
    /// Its first cell.
    pub(crate) first: usize,
}

/// A cell that does not fit its column.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) row: usize,
    /// The column's place in the file.
    pub(crate) column: usize,
    pub(crate) reason: crate::rejected::RejectReason,
}

/// Rows whose columns are read one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) quote: Option<u8>,
    pub(crate) cells: &'a [Cell],
    pub(crate) rows: &'a [Row],
}

impl<'a> Block<'a> {
    /// The cells of one column.
    #[inline]
    pub(crate) fn column(&self, place: usize) -> impl Iterator<Item = Option<&'a Cell>> + use<'a> {
        let cells = self.cells;
        self.rows.iter().map(move |row| cells.get(row.first + place))
    }

    /// A cell's text.
    #[inline]
    pub(crate) fn text<'b>(&self, cell: Option<&Cell>, scratch: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        cell.map_or(&[], |cell| cell.text(self.bytes, self.quote, scratch))
    }
}
