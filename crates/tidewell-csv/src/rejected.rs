//! Rows that do not fit.

use std::fmt;

use crate::error::TimeError;

/// The most characters of a cell that are shown.
const SHOWN_CHARS_MAX: usize = 64;

/// Why a row was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RejectReason {
    /// Fewer or more cells than there are columns.
    #[error("the row has {found} cells and the file {expected} columns: quote cells that hold the delimiter")]
    CellCount {
        /// The row's.
        found: usize,
        /// The header's.
        expected: usize,
    },
    /// Something stands behind a closing quote.
    #[error("text stands behind a closing quote: double the quotes within a cell, or choose another quote (--quote)")]
    TextAfterQuote,
    /// The file ends within quotes, so that all its last lines are one row.
    #[error(
        "a quote is never closed, and takes the {0} lines up to the end of the file: close it, or choose another quote (--quote)"
    )]
    OpenQuote(u64),
    /// The time cannot be read.
    #[error("{0}")]
    Time(TimeError),
    /// The cell is no value of the column's type.
    #[error("is no {0}: correct it, name it as missing (--na), or give the column's type (--type)")]
    Type(&'static str),
    /// The value is of the right kind and too large.
    #[error("does not fit the {0} column: give it another type, such as unsigned, float or string (--type)")]
    Range(&'static str),
    /// A fraction in a column of whole numbers of which some are too large to be floats.
    #[error(
        "has a fraction, and the column has whole numbers of 2^53 and more that a float would change: give the type float or string (--type)"
    )]
    Widening,
    /// A value in a column whose header has no name.
    #[error("stands in a column without a name: name it in the header")]
    NoName,
    /// Not UTF-8.
    #[error("is not UTF-8: convert the file, for example with `iconv -t UTF-8`")]
    Utf8,
    /// A NUL byte.
    #[error("holds a NUL byte: remove it")]
    Nul,
}

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The line of the file at which it begins, from 1; the header, skipped lines and lines within quotes count.
    pub line: u64,
    /// The column, where it is one's fault.
    pub column: Option<String>,
    /// Why.
    pub reason: RejectReason,
    /// The cell, or the row's beginning; at most 64 characters.
    pub text: String,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = &self.column {
            write!(f, ", column {column:?}")?;
        }
        write!(f, ": {:?} {}", self.text, self.reason)
    }
}

/// The rows that were not taken: all counted, the first ones listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejections {
    /// How many there are.
    pub count: u64,
    /// The first ones, in the order of the file.
    pub listed: Vec<Rejected>,
}

impl Rejections {
    /// Adds the rejections of a later part of the file; at most `listed_max` stay listed.
    pub fn append(&mut self, mut later: Self, listed_max: usize) {
        self.count += later.count;
        self.listed.append(&mut later.listed);
        self.listed.truncate(listed_max);
    }

    pub(crate) fn add(&mut self, listed_max: usize, rejected: impl FnOnce() -> Rejected) {
        self.count += 1;
        if self.listed.len() < listed_max {
            self.listed.push(rejected());
        }
    }
}

/// A cell's text, shortened.
pub(crate) fn shorten(text: &[u8]) -> String {
    let head = text.get(..text.len().min(4 * SHOWN_CHARS_MAX)).unwrap_or_default();
    let mut chars = String::from_utf8_lossy(head).into_owned();
    if let Some((end, _)) = chars.char_indices().nth(SHOWN_CHARS_MAX) {
        let kept = chars.char_indices().nth(SHOWN_CHARS_MAX - 1).map_or(end, |(kept, _)| kept);
        chars.truncate(kept);
        chars.push('…');
    }
    chars
}
