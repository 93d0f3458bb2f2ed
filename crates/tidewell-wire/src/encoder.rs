//! One answer on its way into bytes: batch in, bytes out.

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema};
use tidewell_segment::ExportOptions;

use crate::Format;
use crate::csv::CsvRows;
use crate::json::{JsonLines, JsonRows};
use crate::parquet::ParquetRows;
use crate::pretty::{PRETTY_ROWS_MAX, PrettyTable};

/// An answer that a format cannot hold.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// A column's type has no text.
    #[error("a column cannot be written as {format}: {source}; cast it to a number, a string or a timestamp")]
    Value {
        /// The format asked for.
        format: Format,
        /// Arrow's reason.
        source: ArrowError,
    },
    /// A column's type has no place in Parquet.
    #[error("the answer cannot be written as Parquet: {0}; cast the column to a number, a string or a timestamp")]
    Parquet(#[from] tidewell_segment::ExportError),
    /// The encoding of a column broke off, which is a defect of Tidewell. Report it; another format may do.
    #[error("the encoding of a column broke off, which is a defect of Tidewell: {0}")]
    Broken(String),
}

/// What each format does.
pub(crate) trait EncodeRows: Send {
    /// Appends the rows of `batch`, and whatever comes before the first row.
    fn push_batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// Appends what comes after the last row, and whatever comes before the first where there was none.
    fn push_end(self: Box<Self>, out: &mut Vec<u8>) -> Result<(), EncodeError>;
}

/// Writes the batches of one answer in one format.
///
/// Memory: one batch's bytes for JSON, JSON lines and CSV; one row group for Parquet; the rows that are shown for the
/// table. Feed it through [`pieces`] where batches may be large.
pub struct Encoder {
    rows: Box<dyn EncodeRows>,
}

impl Encoder {
    /// An encoder for an answer of `schema`; a table shows [`PRETTY_ROWS_MAX`] rows.
    ///
    /// # Errors
    /// [`EncodeError::Parquet`] when Parquet has no type for a column; nothing was written, answer 400.
    pub fn new(format: Format, schema: &Schema) -> Result<Self, EncodeError> {
        Self::with_pretty_rows_max(format, schema, PRETTY_ROWS_MAX)
    }

    /// As [`Encoder::new`], with `pretty_rows_max` rows shown by a table; the others are only counted.
    ///
    /// # Errors
    /// As [`Encoder::new`].
    pub fn with_pretty_rows_max(format: Format, schema: &Schema, pretty_rows_max: usize) -> Result<Self, EncodeError> {
        Self::with(format, schema, pretty_rows_max, ExportOptions::default())
    }

    /// As [`Encoder::new`], with a Parquet file made by `options`.
    ///
    /// # Errors
    /// As [`Encoder::new`]; [`EncodeError::Parquet`] for options that make no sense, too.
    pub fn with_parquet_options(format: Format, schema: &Schema, options: ExportOptions) -> Result<Self, EncodeError> {
        Self::with(format, schema, PRETTY_ROWS_MAX, options)
    }

    fn with(
        format: Format,
        schema: &Schema,
        pretty_rows_max: usize,
        parquet: ExportOptions,
    ) -> Result<Self, EncodeError> {
        let rows: Box<dyn EncodeRows> = match format {
            Format::Json => Box::new(JsonRows::new(schema)),
            Format::JsonLines => Box::new(JsonLines::new(schema)),
            Format::Csv => Box::new(CsvRows::new(schema)),
            Format::Parquet => Box::new(ParquetRows::new(schema, parquet)?),
            Format::Pretty => Box::new(PrettyTable::new(schema, pretty_rows_max)),
        };
        Ok(Self { rows })
    }

    /// The bytes that `batch` adds; may be empty where the format gathers rows first.
    ///
    /// # Errors
    /// [`EncodeError`] when a value cannot be written; the answer is broken off: what was sent before is incomplete.
    pub fn batch(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::new();
        self.rows.push_batch(batch, &mut out)?;
        Ok(out)
    }

    /// The bytes that end the answer; without them it is incomplete.
    ///
    /// # Errors
    /// As [`Encoder::batch`].
    pub fn finish(self) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::new();
        self.rows.push_end(&mut out)?;
        Ok(out)
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

/// Cuts a batch into slices of at most 65 536 cells (but at least one row), so that no piece's bytes grow with the
/// width of the table. Copies nothing.
pub fn pieces(batch: &RecordBatch) -> impl Iterator<Item = RecordBatch> + '_ {
    const CELLS_MAX: usize = 65_536;
    let rows_max = (CELLS_MAX / batch.num_columns().max(1)).max(1);
    (0..batch.num_rows()).step_by(rows_max).map(move |start| batch.slice(start, rows_max.min(batch.num_rows() - start)))
}

#[cfg(test)]
mod tests;
