//! Walks a body line by line.

use memchr::{memchr, memchr_iter};

use crate::cursor::Cursor;
use crate::error::{Failure, LineError, Reason};
use crate::line::Line;
use crate::resync::find_line_end;
use crate::sections::read_line;

/// The lines of a body, good and bad, in order; blank lines and comments are passed over.
///
/// UTF-8 is validated once for a whole body. In a body that is not valid throughout, each line is validated for itself, and
/// only those that are not are refused.
#[derive(Clone, Debug)]
pub struct Parser<'a> {
    body: &'a [u8],
    /// The body, where all of it is valid.
    text: Option<&'a str>,
    /// Where the next line starts.
    at: usize,
    line_number: usize,
    order: Vec<usize>,
}

impl<'a> Parser<'a> {
    /// A parser at the start of `body`.
    #[must_use]
    pub fn new(body: &'a [u8]) -> Self {
        Self { body, text: std::str::from_utf8(body).ok(), at: 0, line_number: 1, order: Vec::new() }
    }

    /// Reads the next line into `line`, whose vectors it reuses: no allocation but for escaped strings and wide lines.
    ///
    /// `None` at the end of the body. After an error `line` is empty, and the next call goes on with the line behind the
    /// bad one.
    ///
    /// # Errors
    /// [`LineError`] when the line is not line protocol: report it and go on, or refuse the body.
    #[inline]
    pub fn next_into(&mut self, line: &mut Line<'a>) -> Option<Result<(), LineError<'a>>> {
        let first = self.skip_to_line()?;
        line.clear();
        let outcome = match self.text {
            Some(text) => self.read(Cursor::new(text, first), 0, line),
            None => self.read_alone(first, line),
        };
        Some(outcome.map_err(|failure| {
            line.clear();
            self.refuse(first, failure)
        }))
    }

    /// Passes over blank lines and comments; gives the place of the first character of the next line, behind its blanks.
    #[inline]
    fn skip_to_line(&mut self) -> Option<usize> {
        loop {
            let mut first = self.at;
            while matches!(self.body.get(first)?, b' ' | b'\t') {
                first += 1;
            }
            let comment_length = match self.body.get(first)? {
                b'#' => memchr(b'\n', self.body.get(first..)?)?,
                b'\r' if self.body.get(first + 1) == Some(&b'\n') => 1,
                b'\n' => 0,
                _ => return Some(first),
            };
            self.at = first + comment_length + 1;
            self.line_number += 1;
        }
    }

    /// Reads a line from a cursor whose text starts at `base` of the body.
    #[inline]
    fn read(&mut self, mut cursor: Cursor<'a>, base: usize, line: &mut Line<'a>) -> Result<(), Failure> {
        read_line(&mut cursor, &mut self.order, line).map_err(|failure| failure.reason.at(base + failure.at))?;
        let end = base + cursor.at;
        line.line_number = self.line_number;
        line.source = self.body.get(self.at..end).unwrap_or_default();
        self.line_number += cursor.newlines + 1;
        self.at = end + if self.body.get(end) == Some(&b'\r') { 2 } else { 1 };
        Ok(())
    }

    /// Reads a line of a body that is not valid UTF-8 throughout.
    #[cold]
    fn read_alone(&mut self, first: usize, line: &mut Line<'a>) -> Result<(), Failure> {
        let end = find_line_end(self.body, first);
        // With its line feed, for a carriage return is part of the line end only before one.
        let raw = self.body.get(first..=end).or_else(|| self.body.get(first..)).unwrap_or_default();
        match std::str::from_utf8(raw) {
            Ok(text) => self.read(Cursor::new(text, 0), first, line),
            Err(error) => Err(Reason::InvalidUtf8.at(first + error.valid_up_to())),
        }
    }

    /// Makes the error for the line whose first character is at `first`, and moves behind the line.
    #[cold]
    fn refuse(&mut self, first: usize, failure: Failure) -> LineError<'a> {
        let end = find_line_end(self.body, first);
        let raw = self.body.get(self.at..end).unwrap_or_default();
        let is_terminated = end < self.body.len();
        let source = raw.strip_suffix(b"\r").filter(|_| is_terminated).unwrap_or(raw);
        let column = failure.at - self.at + 1;
        let error = LineError { line_number: self.line_number, column, reason: failure.reason, source };
        self.line_number += memchr_iter(b'\n', raw).count() + 1;
        self.at = end + 1;
        error
    }
}

impl<'a> Iterator for Parser<'a> {
    type Item = Result<Line<'a>, LineError<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Line::default();
        let outcome = self.next_into(&mut line)?;
        Some(outcome.map(|()| line))
    }
}

impl std::iter::FusedIterator for Parser<'_> {}

#[cfg(test)]
mod tests;
