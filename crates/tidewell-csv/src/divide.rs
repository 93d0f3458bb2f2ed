//! Chunks of a file to whole records, for readers that each take a part of it.

use crate::error::CsvError;
use crate::plan::CsvPlan;
use crate::split::split;

/// Whole records of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvRecords {
    /// Their bytes.
    pub bytes: Vec<u8>,
    /// The line at which the first of them begins.
    pub line: u64,
}

/// Divides a file, in chunks cut anywhere, where records begin. What is incomplete at the end of a chunk comes with the next.
///
/// Holds at most one record and a chunk, or two records where the limit of records is larger.
#[derive(Debug)]
pub struct CsvDivider {
    plan: CsvPlan,
    /// Bytes at the file's start that are not rows, still to come.
    skip_bytes: usize,
    /// The line at which the next record begins.
    line: u64,
    carry: Vec<u8>,
    /// How long `carry` must be before another look at it is worth while.
    carry_bytes_wanted: usize,
}

impl CsvDivider {
    /// Divides a file from its first byte.
    #[must_use]
    pub fn new(plan: CsvPlan) -> Self {
        let (skip_bytes, line) = plan.data;
        Self { plan, skip_bytes, line, carry: Vec::new(), carry_bytes_wanted: 0 }
    }

    /// Takes the next bytes, and gives the records that are whole; at the file's end all that is left. There may be none.
    ///
    /// # Errors
    /// [`CsvError::RecordTooLong`] when a record that is not whole is over its limit; whole ones are for their reader to refuse.
    pub fn push(&mut self, bytes: &[u8], is_last: bool) -> Result<CsvRecords, CsvError> {
        let skipped = self.skip_bytes.min(bytes.len());
        self.skip_bytes -= skipped;
        self.carry.extend_from_slice(bytes.get(skipped..).unwrap_or_default());
        let record_bytes_max = self.plan.limits.record_bytes_max;
        let line = self.line;
        // Looking again when it has doubled makes tiny chunks cost no more than large ones.
        if !is_last && self.carry.len() < self.carry_bytes_wanted && self.carry.len() <= record_bytes_max {
            return Ok(CsvRecords { bytes: Vec::new(), line });
        }
        let mut bytes = std::mem::take(&mut self.carry);
        if let Some(rest) = split(&bytes, line, &self.plan, usize::MAX, is_last).pop() {
            self.line = rest.line;
            self.carry = bytes.split_off(rest.bytes.start.min(bytes.len()));
        }
        self.carry_bytes_wanted = if bytes.is_empty() { 2 * self.carry.len() } else { 0 };
        if self.carry.len() > record_bytes_max {
            return Err(CsvError::RecordTooLong { line: self.line, bytes_max: record_bytes_max });
        }
        Ok(CsvRecords { bytes, line })
    }
}

#[cfg(test)]
mod tests;
