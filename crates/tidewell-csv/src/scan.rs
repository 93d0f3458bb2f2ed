//! Bytes to records and cells: a window of bytes at a time, and no copy.

use memchr::{memchr, memchr_iter};

use crate::window::{WINDOW_BYTES, find_either};

/// The bytes that structure a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
    /// What ends a line: a line feed, with or without a carriage return before it, or a carriage return alone.
    pub(crate) terminator: u8,
}

/// Where a cell's text lies, without its quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    start: u32,
    end: u32,
    pub(crate) is_quoted: bool,
}

impl Cell {
    fn new(start: usize, end: usize, is_quoted: bool) -> Self {
        let at = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        Self { start: at(start), end: at(end.max(start)), is_quoted }
    }

    /// Where it begins, and how many bytes it has.
    #[inline]
    pub(crate) fn place(&self) -> (usize, usize) {
        (self.start as usize, (self.end - self.start) as usize)
    }

    /// The bytes between its delimiters or quotes; doubled quotes are still doubled.
    #[inline]
    pub(crate) fn raw<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        bytes.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// Its text; `scratch` takes what has doubled quotes.
    #[inline]
    pub(crate) fn text<'a>(&self, bytes: &'a [u8], quote: Option<u8>, scratch: &'a mut Vec<u8>) -> &'a [u8] {
        let raw = self.raw(bytes);
        match quote {
            Some(quote) if self.is_quoted && memchr(quote, raw).is_some() => {
                scratch.clear();
                let mut rest = raw;
                while let Some(at) = memchr(quote, rest) {
                    scratch.extend_from_slice(rest.get(..=at).unwrap_or_default());
                    rest = rest.get(at + 2..).unwrap_or_default();
                }
                scratch.extend_from_slice(rest);
                scratch
            }
            _ => raw,
        }
    }
}

/// What is wrong with a record as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordFault {
    /// Something stands behind a closing quote.
    TextAfterQuote,
    /// The file ends within quotes.
    OpenQuote,
}

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// Its first byte.
    pub(crate) start: usize,
    /// The byte behind its terminator.
    pub(crate) end: usize,
    /// How many lines of the file it spans.
    pub(crate) lines: u64,
    pub(crate) cell_count: usize,
    pub(crate) fault: Option<RecordFault>,
}

/// Walks the records of a slice of at most 2^32 bytes.
#[derive(Debug)]
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    dialect: Dialect,
    /// Whether the slice ends where the file does.
    is_last: bool,
    /// Where the window of `breaks` begins.
    base: usize,
    /// A bit for every byte of the window that ends a cell and was not given yet.
    breaks: u64,
    position: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(bytes: &'a [u8], dialect: Dialect, is_last: bool) -> Self {
        let mut scanner = Self { bytes, dialect, is_last, base: 0, breaks: 0, position: 0 };
        scanner.breaks = scanner.breaks_at(0);
        scanner
    }

    /// Goes on behind the bytes up to `position`, or back to it.
    fn seek(&mut self, position: usize) {
        let ahead = position.wrapping_sub(self.base);
        if position >= self.position && ahead < WINDOW_BYTES {
            // The bits of the bytes that were passed are gone already.
            self.breaks &= u64::MAX << ahead;
        } else {
            self.base = position;
            self.breaks = self.breaks_at(position);
        }
        self.position = position;
    }

    /// The delimiters and terminators of the window at `base`.
    #[inline]
    fn breaks_at(&self, base: usize) -> u64 {
        let Some(rest) = self.bytes.get(base..) else { return 0 };
        let (delimiter, terminator) = (self.dialect.delimiter, self.dialect.terminator);
        match rest.first_chunk() {
            Some(window) => find_either(window, delimiter, terminator),
            None => {
                let mut window = [0; WINDOW_BYTES];
                window.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                find_either(&window, delimiter, terminator) & ((1 << rest.len()) - 1)
            }
        }
    }

    /// The next byte that ends an unquoted cell.
    #[inline]
    fn next_break(&mut self) -> Option<usize> {
        while self.breaks == 0 {
            if self.base + WINDOW_BYTES >= self.bytes.len() {
                return None;
            }
            self.base += WINDOW_BYTES;
            self.breaks = self.breaks_at(self.base);
        }
        let at = self.base + self.breaks.trailing_zeros() as usize;
        self.breaks &= self.breaks - 1;
        Some(at)
    }

    /// The next whole record, whose first `cells_max` cells are added to `cells`; `None` where there is none.
    ///
    /// Without it the rest of the slice begins with [`Self::position`] and wants more bytes.
    pub(crate) fn next_record(&mut self, cells: &mut Vec<Cell>, cells_max: usize) -> Option<Record> {
        let start = self.position;
        if start >= self.bytes.len() {
            return None;
        }
        let cells_before = cells.len();
        let mut record = Record { start, end: start, lines: 1, cell_count: 0, fault: None };
        loop {
            let step = match self.dialect.quote {
                Some(quote) if self.bytes.get(self.position) == Some(&quote) => self.quoted(quote, &mut record),
                _ => self.plain(self.position, false),
            };
            let Some((cell, end)) = step else {
                cells.truncate(cells_before);
                self.seek(start);
                return None;
            };
            if record.cell_count < cells_max {
                cells.push(cell);
            }
            record.cell_count += 1;
            if let Some(end) = end {
                record.end = end;
                return Some(record);
            }
        }
    }

    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// A cell to the next break, and the end of the record where it is the last one.
    #[inline]
    fn plain(&mut self, start: usize, is_quoted: bool) -> Option<(Cell, Option<usize>)> {
        let Some(at) = self.next_break() else {
            if !self.is_last {
                return None;
            }
            let end = self.bytes.len();
            self.position = end;
            return Some((Cell::new(start, self.without_return(start, end), is_quoted), Some(end)));
        };
        self.position = at + 1;
        if self.bytes.get(at) == Some(&self.dialect.terminator) {
            return Some((Cell::new(start, self.without_return(start, at), is_quoted), Some(at + 1)));
        }
        Some((Cell::new(start, at, is_quoted), None))
    }

    fn without_return(&self, start: usize, end: usize) -> usize {
        if end > start && self.bytes.get(end - 1) == Some(&b'\r') { end - 1 } else { end }
    }

    /// A cell that begins with a quote.
    fn quoted(&mut self, quote: u8, record: &mut Record) -> Option<(Cell, Option<usize>)> {
        let start = self.position + 1;
        let mut from = start;
        let close = loop {
            let Some(at) = memchr(quote, self.bytes.get(from..)?).map(|at| from + at) else {
                if !self.is_last {
                    return None;
                }
                let end = self.bytes.len();
                record.fault = Some(RecordFault::OpenQuote);
                record.lines += self.lines_within(start, end);
                self.position = end;
                return Some((Cell::new(start, end, true), Some(end)));
            };
            match self.bytes.get(at + 1) {
                Some(next) if *next == quote => from = at + 2,
                None if !self.is_last => return None,
                _ => break at,
            }
        };
        record.lines += self.lines_within(start, close);
        self.seek(close + 1);
        let (rest, end) = self.plain(close + 1, true)?;
        if !rest.raw(self.bytes).is_empty() {
            record.fault = Some(RecordFault::TextAfterQuote);
        }
        Some((Cell::new(start, close, true), end))
    }

    fn lines_within(&self, start: usize, end: usize) -> u64 {
        memchr_iter(self.dialect.terminator, self.bytes.get(start..end).unwrap_or_default()).count() as u64
    }
}

#[cfg(test)]
mod tests;
