//! What can go wrong with a segment.

use arrow_schema::ArrowError;
use parquet::errors::ParquetError;

/// Why a segment could not be made or read. The caller knows the segment's name and adds it.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// The bytes are damaged, cut short, or no segment at all. Reading them again does not help: take another copy of the
    /// object, or leave it out and say so.
    #[error("the segment is corrupt: {problem}; restore the object from a copy")]
    Corrupt {
        /// What is wrong, in one phrase.
        problem: String,
    },
    /// The segment was written by a newer Tidewell.
    #[error("the segment has format {found:?}, this Tidewell reads up to {newest}; upgrade it", newest = crate::FORMAT_VERSION)]
    UnknownFormat {
        /// The `tidewell.format` it carries.
        found: String,
    },
    /// The tail that was handed over is shorter than the file's metadata; fetch a longer one and parse that.
    #[error("the metadata takes the last {needed_bytes} bytes of the file; fetch those")]
    TailTooShort {
        /// The length of the tail to fetch, in bytes; at least this much.
        needed_bytes: u64,
    },
    /// A column is not what the schema says.
    #[error(
        "column {column:?} is {found} where the schema wants {wanted}; the rows belong to another table or schema version"
    )]
    SchemaMismatch {
        /// The column.
        column: String,
        /// What the schema says.
        wanted: String,
        /// What the rows or the file say.
        found: String,
    },
    /// A call that breaks this crate's contract, or a limit of a library below; it is a bug in the caller or here.
    #[error("internal error in segment handling: {problem}; please report it")]
    Internal {
        /// What happened, in one phrase.
        problem: String,
    },
}

impl SegmentError {
    pub(crate) fn corrupt(problem: impl Into<String>) -> Self {
        Self::Corrupt { problem: problem.into() }
    }

    pub(crate) fn internal(problem: impl Into<String>) -> Self {
        Self::Internal { problem: problem.into() }
    }

    pub(crate) fn mismatch(column: &str, wanted: impl ToString, found: impl ToString) -> Self {
        Self::SchemaMismatch { column: column.to_owned(), wanted: wanted.to_string(), found: found.to_string() }
    }

    /// An error of the Parquet library while it wrote: nothing from outside is at fault.
    pub(crate) fn while_writing(error: &ParquetError) -> Self {
        Self::internal(format!("writing Parquet: {error}"))
    }
}

impl From<ArrowError> for SegmentError {
    fn from(error: ArrowError) -> Self {
        Self::internal(error.to_string())
    }
}
