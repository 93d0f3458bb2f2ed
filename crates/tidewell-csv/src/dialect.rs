//! Where the records of a file begin, and what divides their cells.

use memchr::{memchr, memchr_iter};

use crate::error::CsvError;
use crate::options::CsvOptions;
use crate::scan::{Dialect, Scanner};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How many records are divided to choose a delimiter.
const SNIFFED_RECORDS: usize = 200;

/// The first record's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) offset: usize,
    pub(crate) line: u64,
    pub(crate) terminator: u8,
}

/// Finds the first record behind a byte order mark and the lines to skip.
pub(crate) fn find_start(sample: &[u8], is_whole: bool, options: &CsvOptions) -> Result<Start, CsvError> {
    refuse_other_encodings(sample)?;
    let mut offset = if sample.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    let is_return_only = memchr(b'\n', sample).is_none() && memchr(b'\r', sample).is_some();
    let terminator = if is_return_only { b'\r' } else { b'\n' };
    if options.skip_lines > 0 {
        let rest = sample.get(offset..).unwrap_or_default();
        let last = usize::try_from(options.skip_lines - 1).unwrap_or(usize::MAX);
        match memchr_iter(terminator, rest).nth(last) {
            Some(at) => offset += at + 1,
            None if is_whole => return Err(CsvError::Empty { line: options.skip_lines.saturating_add(1) }),
            None => return Err(short_sample(sample, "the lines to skip are")),
        }
    }
    let line = options.skip_lines.saturating_add(1);
    if sample.get(offset..).unwrap_or_default().trim_ascii().is_empty() && is_whole {
        return Err(CsvError::Empty { line });
    }
    Ok(Start { offset, line, terminator })
}

pub(crate) fn short_sample(sample: &[u8], what: &str) -> CsvError {
    CsvError::Option(format!("{what} longer than the {} bytes that were looked at: take a larger sample", sample.len()))
}

fn refuse_other_encodings(sample: &[u8]) -> Result<(), CsvError> {
    let head = sample.get(..sample.len().min(1024)).unwrap_or_default();
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let is_half = |count: usize| head.len() >= 8 && count * 4 >= head.len();
    let encoding = match head {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => "UTF-32",
        [0xff, 0xfe, ..] => "UTF-16 (little-endian)",
        [0xfe, 0xff, ..] => "UTF-16 (big-endian)",
        [0x1f, 0x8b, ..] => {
            return Err(CsvError::Encoding { encoding: "compressed with gzip (unpack it first), not UTF-8" });
        }
        [b'P', b'A', b'R', b'1', ..] => return Err(CsvError::Encoding { encoding: "Parquet and no CSV" }),
        _ if is_half(zeros(1)) => "UTF-16 (little-endian)",
        _ if is_half(zeros(0)) => "UTF-16 (big-endian)",
        _ => return Ok(()),
    };
    Err(CsvError::Encoding { encoding })
}

/// The dialect of the records from the start on.
pub(crate) fn find_dialect(records: &[u8], is_whole: bool, terminator: u8, options: &CsvOptions) -> Dialect {
    let with = |delimiter| Dialect { delimiter, quote: options.quote, terminator };
    if let Some(delimiter) = options.delimiter {
        return with(delimiter);
    }
    let mut best = (0, 0);
    let mut chosen = with(b',');
    for delimiter in DELIMITERS {
        let score = evenness(records, is_whole, with(delimiter));
        if score > best {
            best = score;
            chosen = with(delimiter);
        }
    }
    chosen
}

/// How many records have as many cells as the first, and how many cells that is; nothing for a single one.
fn evenness(records: &[u8], is_whole: bool, dialect: Dialect) -> (usize, usize) {
    let mut scanner = Scanner::new(records, dialect, is_whole);
    let mut unused = Vec::new();
    let Some(first) = scanner.next_record(&mut unused, 0).filter(|first| first.cell_count > 1) else { return (0, 0) };
    let rest = std::iter::from_fn(|| scanner.next_record(&mut unused, 0)).take(SNIFFED_RECORDS);
    (1 + rest.filter(|record| record.cell_count == first.cell_count).count(), first.cell_count)
}

#[cfg(test)]
mod tests;
