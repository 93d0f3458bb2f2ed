//! Why a file cannot be read at all, and why a time cannot.

use crate::timezone::{Timezone, UnknownTimezone};

/// Why a text is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// None of the known spellings.
    #[error(
        "is no time in a known format: write it like 2024-01-31T12:00:00Z, or give the format, such as %d.%m.%Y %H:%M"
    )]
    Unknown,
    /// Not what the given format says.
    #[error("does not fit the time format {0:?}")]
    Format(String),
    /// The calendar or the clock has no such value.
    #[error("has a {0} that does not exist")]
    NoSuch(&'static str),
    /// `01/02/2024` may be two days.
    #[error("may be day-first or month-first: give the time format day_first or month_first")]
    DayOrMonth,
    /// A year of two digits.
    #[error("has a year of two digits: give the time format, such as %d/%m/%y")]
    ShortYear,
    /// A time of day without a date.
    #[error("has no date: name the date's column as well")]
    NoDate,
    /// A zone by a name that does not say which zone it is.
    #[error("ends in words or a zone that are not known: write the offset, such as +02:00, or give the time format")]
    UnknownZone,
    /// Not within what nanoseconds in 64 bits hold.
    #[error("is outside of 1677-09-21 to 2262-04-11: check the unit of the epoch, or remove the row")]
    OutOfRange,
    /// A change of clocks shows it twice.
    #[error("happens twice in {0}, when clocks are put back: give the offset, or choose the earlier or the later one")]
    Ambiguous(Timezone),
    /// A change of clocks skips it.
    #[error("does not exist in {0}, when clocks are put forward: give the offset, or the zone the file was written in")]
    Skipped(Timezone),
    /// A missing value where the time should be.
    #[error("is missing")]
    Missing,
}

/// Why nothing can be read from a file; what it says names the line, the column and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CsvError {
    /// No bytes, or none behind the lines to skip.
    #[error("there is nothing to read from line {line} on: check the file and how many lines are skipped")]
    Empty {
        /// The first line that was looked at.
        line: u64,
    },
    /// A header and nothing else; a caller may take that as zero rows.
    #[error("line {line} is a header and no row follows: there is nothing to import")]
    NoRows {
        /// The header's line.
        line: u64,
    },
    /// Another encoding than UTF-8.
    #[error("line 1: the file is {encoding}: convert it to UTF-8, for example with `iconv -t UTF-8`")]
    Encoding {
        /// What it seems to be.
        encoding: &'static str,
    },
    /// A header that gives no usable names.
    #[error("line {line}, column {position}: {wrong}: rename it in the file, or give names for all columns")]
    Header {
        /// The header's line.
        line: u64,
        /// The column's place, from 1.
        position: usize,
        /// What is wrong, with the name.
        wrong: String,
    },
    /// An option that names a column which the file does not have.
    #[error("line {line}: no column is named {given:?} ({option}): the columns are {known}")]
    UnknownColumn {
        /// The header's line.
        line: u64,
        /// The option's word.
        option: &'static str,
        /// What was given.
        given: String,
        /// The names there are.
        known: String,
    },
    /// An option that cannot be.
    #[error("{0}")]
    Option(String),
    /// The zone is not known.
    #[error(transparent)]
    Timezone(#[from] UnknownTimezone),
    /// Nothing says when a row was.
    #[error("line {line}: no column is sure to be the time: {candidates}; name it with time columns (--time-columns)")]
    NoTime {
        /// The header's line.
        line: u64,
        /// What comes near, and why it was not taken.
        candidates: String,
    },
    /// The time columns cannot be read in the sample.
    #[error("line {line}, column {column:?}: {text:?} {reason}")]
    Time {
        /// The row's line.
        line: u64,
        /// The time column or columns.
        column: String,
        /// The cell, shortened.
        text: String,
        /// Why.
        reason: TimeError,
    },
    /// Numbers with a comma that may be a decimal comma or one between thousands.
    #[error(
        "line {line}, column {column:?}: the comma of {text:?} may be a decimal mark or divide thousands: say which (--decimal)"
    )]
    DecimalMark {
        /// The row's line.
        line: u64,
        /// The column.
        column: String,
        /// The cell, shortened.
        text: String,
    },
    /// A record over the limit, mostly for a quote that never closes.
    #[error(
        "line {line}: the record is over {bytes_max} bytes: close its quote, choose another quote (--quote), or raise the limit"
    )]
    RecordTooLong {
        /// Where it begins.
        line: u64,
        /// The limit.
        bytes_max: usize,
    },
    /// A column that is one thing in the file and another in the table or in another part of the file.
    #[error(
        "column {column:?} is {here} here and {there} in the table: rename it, or give its type (--type {column}={there})"
    )]
    Conflict {
        /// The column.
        column: String,
        /// What the file says.
        here: String,
        /// What the table says.
        there: String,
    },
    /// A part of a file has whole numbers that the floats of another part would change.
    #[error(
        "column {column:?} has fractions, and whole numbers of 2^53 and more: give the type float or string (--type)"
    )]
    Inexact {
        /// The column.
        column: String,
    },
    /// Rows that cannot be made a batch.
    #[error("internal error in the CSV reader: {0}: please report it")]
    Internal(String),
}
