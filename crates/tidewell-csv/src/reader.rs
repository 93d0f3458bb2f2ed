//! Chunks of a file to batches of rows.

use arrow_array::RecordBatch;

use crate::block::{Block, Fault, Row};
use crate::error::CsvError;
use crate::plan::CsvPlan;
use crate::rejected::{RejectReason, Rejected, Rejections, shorten};
use crate::rows::Rows;
use crate::scan::{Cell, Record, RecordFault, Scanner};
use crate::types::CsvTypes;

/// How many rows are divided into cells before their columns are read.
const BLOCK_ROWS: usize = 1024;
/// The most bytes that are looked at in one go.
const WINDOW_BYTES: usize = 1 << 30;

/// How much of the next chunk is tried to complete a record.
const CARRY_BYTES: usize = 256;

/// What a reader came to by the end of its bytes.
#[derive(Debug)]
pub struct CsvEnd {
    /// The last rows.
    pub batches: Vec<RecordBatch>,
    /// How many rows there are in all batches.
    pub row_count: u64,
    /// The rows that were not taken.
    pub rejections: Rejections,
    /// The plan, with the types that the columns have in the end.
    pub plan: CsvPlan,
    /// The line behind the last one.
    pub line: u64,
    /// What the columns are by then.
    pub types: CsvTypes,
}

/// Reads a file by its plan, in chunks cut anywhere; the rows do not depend on where.
///
/// A batch has its columns in alphabetical order of their names, `time` among them, in the types of
/// [`TableSchema::arrow`](tidewell_types::TableSchema::arrow); its rows are in the file's order. A missing value is
/// NULL, and so is an empty tag. Rows whose cells are all empty are stepped over; every other row is in a batch or is
/// rejected.
///
/// # Columns that the sample did not settle
/// - An integer column widens to float at its first fraction beyond the sample, as long as all its whole numbers are
///   below 2^53 so that no digit is lost; else the row is rejected. Batches that were given out before have integers:
///   [`CsvPlan::fit`] with the plan of [`CsvEnd`] gives them the final type. A column whose type was given
///   ([`CsvOptions::column_types`](crate::CsvOptions::column_types)), was taken from a table ([`CsvPlan::adopt`]) or
///   comes from a sample of the whole file does not widen.
/// - A column without values is left out of the batches until a first value decides its type.
/// - Nothing else changes a type: a cell that does not fit rejects its row.
///
/// # Several threads
/// [`split`](crate::split) finds where records begin; each part is read by an own reader ([`Self::at_line`]) with a
/// clone of the plan. [`CsvPlan::merge`] then joins what they found out, and `fit` makes their batches alike. Columns that
/// the sample left open may come to another type that way than they would in one reader. Where that must not be,
/// [`CsvDivider`](crate::CsvDivider) gives the parts, [`CsvTypes`] says whether a part came to what one reader would have
/// made of it, and [`Self::reading_on`] reads it again where not: then the rows, the types and the rejected rows are the same.
///
/// Holds at most one batch, one record and the chunk's own batches.
#[derive(Debug)]
pub struct CsvReader {
    rows: Rows,
    /// Bytes at the file's start that are not rows, still to come.
    skip_bytes: usize,
    /// The line at which the next record begins.
    line: u64,
    carry: Vec<u8>,
    /// How long `carry` must be before another look at it is worth while.
    carry_bytes_wanted: usize,
    cells: Vec<Cell>,
    block: Vec<Row>,
    faults: Vec<Fault>,
    row_count: u64,
    rejections: Rejections,
}

impl CsvReader {
    /// A reader of a file from its first byte.
    #[must_use]
    pub fn new(plan: CsvPlan) -> Self {
        let (skip_bytes, line) = plan.data;
        Self { skip_bytes, ..Self::at_line(plan, line) }
    }

    /// A reader from the first byte of a record on, which is at `line` of the file.
    #[must_use]
    pub fn at_line(plan: CsvPlan, line: u64) -> Self {
        Self {
            rows: Rows::new(plan),
            skip_bytes: 0,
            line,
            carry: Vec::new(),
            carry_bytes_wanted: 0,
            cells: Vec::new(),
            block: Vec::new(),
            faults: Vec::new(),
            row_count: 0,
            rejections: Rejections::default(),
        }
    }

    /// As [`Self::at_line`], where the rows before have made the columns what `types` says.
    #[must_use]
    pub fn reading_on(plan: CsvPlan, types: &CsvTypes, line: u64) -> Self {
        let mut reader = Self::at_line(plan, line);
        reader.rows.read_on(types);
        reader
    }

    /// The rows that were not taken so far.
    #[must_use]
    pub fn rejections(&self) -> &Rejections {
        &self.rejections
    }

    /// Takes the next bytes, and gives the batches that are full.
    ///
    /// # Errors
    /// [`CsvError::RecordTooLong`] when a record is over its limit. The reader is of no use then; rows given before are
    /// good.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<RecordBatch>, CsvError> {
        let mut batches = Vec::new();
        let skipped = self.skip_bytes.min(bytes.len());
        self.skip_bytes -= skipped;
        let mut bytes = bytes.get(skipped..).unwrap_or_default();
        // A record that began in an earlier chunk is completed from a piece of this one, and not from a copy of all of
        // it.
        while !self.carry.is_empty() && !bytes.is_empty() {
            let carried = self.carry.len();
            let wanted = self.carry_bytes_wanted.saturating_sub(carried).clamp(1, bytes.len());
            self.carry.extend_from_slice(CsvPlan::clip(bytes, 0..wanted));
            if self.carry.len() < self.carry_bytes_wanted {
                return Ok(batches);
            }
            let carry = std::mem::take(&mut self.carry);
            let used = self.read(&carry, false, &mut batches)?;
            if used < carried {
                bytes = CsvPlan::clip(bytes, wanted..bytes.len());
                self.keep(CsvPlan::clip(&carry, used..carry.len()), used > 0);
            } else {
                bytes = CsvPlan::clip(bytes, used - carried..bytes.len());
            }
        }
        if !bytes.is_empty() {
            let used = self.read(bytes, false, &mut batches)?;
            self.keep(CsvPlan::clip(bytes, used..bytes.len()), true);
        }
        Ok(batches)
    }

    /// Keeps an incomplete record; looks at it again when it has doubled, so that tiny chunks cost no more than large
    /// ones.
    fn keep(&mut self, rest: &[u8], is_fresh: bool) {
        self.carry.extend_from_slice(rest);
        self.carry_bytes_wanted = if is_fresh { rest.len() + CARRY_BYTES } else { 2 * rest.len() };
    }

    /// Ends the file.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn finish(mut self) -> Result<CsvEnd, CsvError> {
        let mut batches = Vec::new();
        let carry = std::mem::take(&mut self.carry);
        self.read(&carry, true, &mut batches)?;
        self.flush(&mut batches)?;
        let Self { rows, row_count, rejections, line, .. } = self;
        let types = rows.types();
        Ok(CsvEnd { batches, row_count, rejections, plan: rows.into_plan(), line, types })
    }

    /// Reads all whole records; gives how many bytes they are.
    fn read(&mut self, bytes: &[u8], is_last: bool, batches: &mut Vec<RecordBatch>) -> Result<usize, CsvError> {
        let mut used = 0;
        loop {
            let rest = CsvPlan::clip(bytes, used..bytes.len());
            let window = CsvPlan::clip(rest, 0..rest.len().min(WINDOW_BYTES));
            let is_all = window.len() == rest.len();
            let dialect = self.rows.plan().dialect;
            let mut scanner = Scanner::new(window, dialect, is_last && is_all);
            let mut is_exhausted = false;
            let mut window_used = 0;
            while !is_exhausted {
                is_exhausted = !self.read_block(&mut scanner, window)?;
                window_used = scanner.position();
                if self.rows.is_full() {
                    self.flush(batches)?;
                }
            }
            used += window_used;
            let record_bytes_max = self.rows.plan().limits.record_bytes_max;
            if window.len() - window_used > record_bytes_max {
                return Err(CsvError::RecordTooLong { line: self.line, bytes_max: record_bytes_max });
            }
            if is_all {
                return Ok(used);
            }
        }
    }

    /// Reads some records; `false` where there is no whole one left.
    fn read_block(&mut self, scanner: &mut Scanner<'_>, bytes: &[u8]) -> Result<bool, CsvError> {
        self.cells.clear();
        self.block.clear();
        let mut rejected = Vec::new();
        let width = self.rows.plan().columns.len();
        let record_bytes_max = self.rows.plan().limits.record_bytes_max;
        let mut has_more = true;
        while self.block.len() < BLOCK_ROWS && rejected.len() < BLOCK_ROWS && !self.rows.is_full_with(self.block.len())
        {
            let first = self.cells.len();
            let Some(record) = scanner.next_record(&mut self.cells, width) else {
                has_more = false;
                break;
            };
            let record_bytes = record.end - record.start;
            if record_bytes > record_bytes_max {
                return Err(CsvError::RecordTooLong { line: self.line, bytes_max: record_bytes_max });
            }
            self.rows.add_bytes(record_bytes);
            let line = self.line;
            self.line += record.lines;
            if record.fault.is_none() && record.cell_count == width && self.has_text(first, bytes) {
                self.block.push(Row { line, first });
                continue;
            }
            let text = CsvPlan::clip(bytes, record.start..record.end);
            self.cells.truncate(first);
            if let Some(reason) = self.fault_of(&record, width, text) {
                rejected.push(Rejected { line, column: None, reason, text: shorten(text.trim_ascii_end()) });
            }
        }
        self.append(bytes, rejected)?;
        Ok(has_more)
    }

    /// Whether any cell from the given one on has a text.
    fn has_text(&self, first: usize, bytes: &[u8]) -> bool {
        self.cells.get(first..).unwrap_or_default().iter().any(|cell| !cell.raw(bytes).is_empty())
    }

    /// What is wrong with a record, or `None` where it is blank.
    fn fault_of(&self, record: &Record, width: usize, text: &[u8]) -> Option<RejectReason> {
        let delimiter = self.rows.plan().dialect.delimiter;
        match record.fault {
            Some(RecordFault::TextAfterQuote) => Some(RejectReason::TextAfterQuote),
            Some(RecordFault::OpenQuote) => Some(RejectReason::OpenQuote(record.lines)),
            None if text.iter().all(|byte| matches!(byte, b'\n' | b'\r') || *byte == delimiter) => None,
            None if record.cell_count == width => None,
            None => Some(RejectReason::CellCount { found: record.cell_count, expected: width }),
        }
    }

    /// Adds the block's rows to the batch, without those that have a fault.
    fn append(&mut self, bytes: &[u8], mut rejected: Vec<Rejected>) -> Result<(), CsvError> {
        loop {
            let quote = self.rows.plan().dialect.quote;
            let block = Block { bytes, quote, cells: &self.cells, rows: &self.block };
            self.faults.clear();
            self.rows.append(&block, &mut self.faults);
            if self.faults.is_empty() {
                break;
            }
            self.faults.sort_by_key(|fault| fault.row);
            self.faults.dedup_by_key(|fault| fault.row);
            rejected.extend(self.faults.drain(..).filter_map(|fault| {
                let line = block.rows.get(fault.row)?.line;
                let (column, text) = self.rows.name_fault(&block, &fault);
                Some(Rejected { line, column: Some(column), reason: fault.reason, text })
            }));
            let lines: Vec<u64> = rejected.iter().map(|rejected| rejected.line).collect();
            self.rows.undo(self.block.len());
            self.block.retain(|row| !lines.contains(&row.line));
        }
        self.row_count += self.block.len() as u64;
        rejected.sort_by_key(|rejected| rejected.line);
        let listed_max = self.rows.plan().limits.rejected_listed_max;
        for rejected in rejected {
            self.rejections.add(listed_max, || rejected);
        }
        Ok(())
    }

    fn flush(&mut self, batches: &mut Vec<RecordBatch>) -> Result<(), CsvError> {
        batches.extend(self.rows.take()?);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
