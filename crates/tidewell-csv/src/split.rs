//! Where records begin, so that several threads may read one file.

use std::ops::Range;

use memchr::{memchr, memchr_iter};

use crate::plan::CsvPlan;
use crate::scan::Scanner;

/// Whole records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvPart {
    /// Where they lie in the bytes that were split.
    pub bytes: Range<usize>,
    /// The line at which the first of them begins.
    pub line: u64,
}

/// Divides bytes that begin with a record, at `line` of the file, into parts of whole records, each of `part_bytes` or
/// the shortest that is not below. The parts touch; behind the last one there is at most an incomplete record, which is
/// to be put before the next bytes (and none where `is_last`). Its line is the last part's plus what a look at that
/// part says: parts end with an empty one that bears it.
///
/// Without quotes in the bytes this looks at line ends only, else at each record.
#[must_use]
pub fn split(bytes: &[u8], line: u64, plan: &CsvPlan, part_bytes: usize, is_last: bool) -> Vec<CsvPart> {
    let terminator = plan.dialect.terminator;
    let mut parts = Vec::new();
    let mut open = CsvPart { bytes: 0..0, line };
    let has_quotes = plan.dialect.quote.is_some_and(|quote| memchr(quote, bytes).is_some());
    let mut line = line;
    let mut close = |end: usize, line: u64, open: &mut CsvPart| {
        let part = CsvPart { bytes: open.bytes.start..end, line: open.line };
        *open = CsvPart { bytes: end..end, line };
        if !part.bytes.is_empty() {
            parts.push(part);
        }
    };
    let mut end = 0;
    if has_quotes {
        let mut unused = Vec::new();
        let mut scanner = Scanner::new(bytes, plan.dialect, is_last);
        while let Some(record) = scanner.next_record(&mut unused, 0) {
            line += record.lines;
            end = record.end;
            if end - open.bytes.start >= part_bytes {
                close(end, line, &mut open);
            }
        }
    } else {
        loop {
            let from = (open.bytes.start + part_bytes.max(1) - 1).max(end);
            let Some(at) = bytes.get(from..).and_then(|rest| memchr(terminator, rest)) else { break };
            end = from + at + 1;
            line += memchr_iter(terminator, CsvPlan::clip(bytes, open.bytes.start..end)).count() as u64;
            close(end, line, &mut open);
        }
        let rest = CsvPlan::clip(bytes, end..bytes.len());
        line += memchr_iter(terminator, rest).count() as u64;
        end = match memchr::memrchr(terminator, rest) {
            _ if is_last => bytes.len(),
            Some(at) => end + at + 1,
            None => end,
        };
    }
    close(end, line, &mut open);
    parts.push(open);
    parts
}

#[cfg(test)]
mod tests;
