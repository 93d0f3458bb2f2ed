//! Plain batches as one Parquet file, for answers and exports.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;

mod options;

pub use options::{ExportCompression, ExportOptions};

/// Batches that cannot become a Parquet file.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct ExportError(Arc<ParquetError>);

impl From<ParquetError> for ExportError {
    fn from(error: ParquetError) -> Self {
        Self(Arc::new(error))
    }
}

/// A Parquet file in the making: batches in, bytes out, a row group at a time.
///
/// Holds one row group: its rows and bytes are limited by [`ExportOptions`].
#[derive(Debug)]
pub struct ParquetExport {
    writer: ArrowWriter<Vec<u8>>,
}

impl ParquetExport {
    /// A file of `schema`, by the default options.
    ///
    /// # Errors
    /// [`ExportError`] when Parquet has no type for a column; ask for a cast.
    pub fn new(schema: &SchemaRef) -> Result<Self, ExportError> {
        Self::with_options(schema, ExportOptions::default())
    }

    /// A file of `schema`.
    ///
    /// # Errors
    /// [`ExportError`] when Parquet has no type for a column, or the options make no sense.
    pub fn with_options(schema: &SchemaRef, options: ExportOptions) -> Result<Self, ExportError> {
        options.check()?;
        let properties = WriterProperties::builder()
            .set_compression(options.compression.codec()?)
            .set_max_row_group_row_count(Some(options.row_group_rows_max))
            .set_max_row_group_bytes(Some(options.row_group_bytes_max))
            .build();
        Ok(Self { writer: ArrowWriter::try_new(Vec::new(), Arc::clone(schema), Some(properties))? })
    }

    /// Adds the rows of `batch`, whose columns are those of the file's schema.
    ///
    /// # Errors
    /// [`ExportError`] when a column does not fit; the file is then of no use.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), ExportError> {
        Ok(self.writer.write(batch)?)
    }

    /// The bytes made since the last call; they follow the bytes it returned then.
    #[must_use]
    pub fn take_bytes(&mut self) -> Vec<u8> {
        // The writer counts what it wrote by itself, so emptying the buffer under it moves no offset.
        std::mem::take(self.writer.inner_mut())
    }

    /// Ends the file: the last bytes, footer included.
    ///
    /// # Errors
    /// [`ExportError`] when the last row group cannot be written; the file is then of no use.
    pub fn finish(self) -> Result<Vec<u8>, ExportError> {
        Ok(self.writer.into_inner()?)
    }
}

#[cfg(test)]
mod tests;
