//! Why a foreign file, a column or a value of it is refused.

use std::fmt;

/// A column that has no place among time, tags and fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The column, as the file names it; the members of structures follow after a dot.
    pub column: String,
    /// What it is in the file.
    pub file_type: String,
    /// Why it is refused and what helps.
    pub reason: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({}): {}", self.column, self.file_type, self.reason)
    }
}

/// Why a foreign file cannot be read as rows. The caller knows the file's name and adds it; nothing of the file is to
/// be kept.
#[derive(Debug, thiserror::Error)]
pub enum ForeignError {
    /// The bytes are damaged, cut short, hostile, or no Parquet. Take another copy of the file, or leave it out and
    /// say so.
    #[error("it cannot be read as Parquet: {problem}")]
    Corrupt {
        /// What is wrong, in one phrase.
        problem: String,
    },
    /// The file, or a column of it, is encrypted. Decrypt it first.
    #[error("{part} is encrypted, and Tidewell has no key for it: write it again without encryption")]
    Encrypted {
        /// The file or which part of it.
        part: &'static str,
    },
    /// The tail that was handed over is shorter than the file's metadata; fetch a longer one and parse that.
    #[error("the metadata takes the last {needed_bytes} bytes of the file; fetch those")]
    TailTooShort {
        /// The length of the tail to fetch, in bytes; at least this much.
        needed_bytes: u64,
    },
    /// Reading it takes more memory than the caller allows. Allow more, or write the file again in smaller row groups.
    #[error(
        "{what} takes {bytes} bytes of memory where {bytes_max} are allowed: allow more or write smaller row groups"
    )]
    TooLarge {
        /// What takes them.
        what: String,
        /// How many, at least.
        bytes: u64,
        /// The limit.
        bytes_max: u64,
    },
    /// No column can be the rows' time. Name the one that is.
    #[error("{problem}; columns that can be the time: {}", list(.candidates))]
    NoTime {
        /// What was looked for.
        problem: String,
        /// The columns that could be it, with their types.
        candidates: Vec<String>,
    },
    /// A column that the options name is not in the file. Correct the name.
    #[error("there is no column {column:?} in the file; it has {}", list(.columns))]
    UnknownColumn {
        /// The name that was asked for.
        column: String,
        /// The columns of the file.
        columns: Vec<String>,
    },
    /// Columns have no place among time, tags and fields. Leave them out by naming the others, or do what the reasons
    /// say.
    #[error("columns are refused: {}", .0.iter().map(Refused::to_string).collect::<Vec<_>>().join("; "))]
    Columns(Vec<Refused>),
    /// The timestamp format is none. Correct it.
    #[error("the timestamp format {format:?} is none: it takes strftime's signs, such as \"%Y-%m-%d %H:%M:%S%.f\"")]
    TimeFormat {
        /// What was given.
        format: String,
    },
    /// A value does not fit. Correct it in the file, or leave the column out.
    #[error("row {row}, column {column:?}: {problem}")]
    Value {
        /// The row in the file, counted from 1.
        row: u64,
        /// The column, as the file names it.
        column: String,
        /// What is wrong with the value.
        problem: String,
    },
    /// A call that breaks this module's contract; it is a bug in the caller or here.
    #[error("internal error in reading a foreign file: {problem}; please report it")]
    Internal {
        /// What happened, in one phrase.
        problem: String,
    },
}

impl ForeignError {
    pub(crate) fn corrupt(problem: impl Into<String>) -> Self {
        Self::Corrupt { problem: problem.into() }
    }

    pub(crate) fn internal(problem: impl Into<String>) -> Self {
        Self::Internal { problem: problem.into() }
    }
}

/// Most names that an error lists.
const LISTED_MAX: usize = 20;

fn list(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let shown = names.iter().take(LISTED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(LISTED_MAX) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}
