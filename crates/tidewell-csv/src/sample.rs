//! The first records of a file, as texts.

use std::borrow::Cow;

use crate::error::CsvError;
use crate::scan::{Dialect, Scanner};

/// The most records that types are inferred from.
const RECORDS_MAX: usize = 100_000;

/// A record of the sample.
#[derive(Debug)]
pub(crate) struct SampleRow<'a> {
    pub(crate) line: u64,
    pub(crate) cells: Vec<Cow<'a, [u8]>>,
    /// The byte behind it, from where the records begin.
    pub(crate) end: usize,
}

impl SampleRow<'_> {
    pub(crate) fn cell(&self, place: usize) -> &[u8] {
        self.cells.get(place).map_or(&[], |cell| cell)
    }

    fn is_blank(&self) -> bool {
        self.cells.iter().all(|cell| cell.is_empty())
    }
}

/// The whole records that are not blank.
#[derive(Debug)]
pub(crate) struct Sample<'a> {
    pub(crate) rows: Vec<SampleRow<'a>>,
    /// Whether the file has no more rows than these.
    pub(crate) is_whole: bool,
}

impl<'a> Sample<'a> {
    /// Divides what begins at `line`.
    ///
    /// # Errors
    /// [`CsvError::RecordTooLong`] at a record over `record_bytes_max`, [`CsvError::Header`] at a first one with wrong
    /// quotes.
    pub(crate) fn read(
        records: &'a [u8],
        is_whole: bool,
        dialect: Dialect,
        mut line: u64,
        record_bytes_max: usize,
    ) -> Result<Self, CsvError> {
        let mut scanner = Scanner::new(records, dialect, is_whole);
        let (mut rows, mut cells) = (Vec::new(), Vec::new());
        while let Some(record) = scanner.next_record(&mut cells, usize::MAX) {
            if record.end - record.start > record_bytes_max {
                return Err(CsvError::RecordTooLong { line, bytes_max: record_bytes_max });
            }
            let text = |cell: crate::scan::Cell| {
                let mut scratch = Vec::new();
                match cell.text(records, dialect.quote, &mut scratch) {
                    text if text.len() == cell.raw(records).len() => Cow::Borrowed(cell.raw(records)),
                    text => Cow::Owned(text.to_vec()),
                }
            };
            let row = SampleRow { line, cells: cells.drain(..).map(text).collect(), end: record.end };
            line += record.lines;
            if record.fault.is_some() && rows.is_empty() {
                let wrong = "a quote of the first record is not closed, or text stands behind it".to_owned();
                return Err(CsvError::Header { line: row.line, position: record.cell_count, wrong });
            }
            if record.fault.is_none() && !row.is_blank() {
                rows.push(row);
            }
            if rows.len() == RECORDS_MAX {
                return Ok(Self { rows, is_whole: false });
            }
        }
        if records.len() - scanner.position() > record_bytes_max {
            return Err(CsvError::RecordTooLong { line, bytes_max: record_bytes_max });
        }
        Ok(Self { rows, is_whole })
    }
}
