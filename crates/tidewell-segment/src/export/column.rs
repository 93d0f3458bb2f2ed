//! One column of one row group on its way to a column chunk, and that as a task of its own.

use std::fmt;

use arrow_array::ArrayRef;
use arrow_schema::FieldRef;
use bytes::Bytes;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use parquet::basic::Compression;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::Result;
use parquet::file::writer::SerializedRowGroupWriter;

use super::ExportError;
use super::number_chunk::NumberChunk;
use super::plan::ColumnPlan;
use super::tag_chunk::TagChunk;

/// A column of a row group in the making.
pub(crate) enum ColumnEncoder {
    /// By the library, a writer for each leaf.
    Library {
        field: FieldRef,
        writers: Vec<ArrowColumnWriter>,
    },
    Tags {
        chunk: Box<TagChunk>,
        codec: Compression,
    },
    Numbers {
        chunk: Box<NumberChunk>,
        codec: Compression,
    },
}

impl ColumnEncoder {
    pub(crate) fn write(&mut self, column: &ArrayRef) -> Result<()> {
        match self {
            Self::Library { field, writers } => {
                let leaves = compute_leaves(field, column)?;
                writers.iter_mut().zip(&leaves).try_for_each(|(writer, leaf)| writer.write(leaf))
            }
            Self::Tags { chunk, .. } => chunk.write(column),
            Self::Numbers { chunk, .. } => chunk.write(column),
        }
    }

    /// What the column comes to so far, in bytes.
    pub(crate) fn encoded_bytes(&self) -> usize {
        match self {
            Self::Library { writers, .. } => writers.iter().map(ArrowColumnWriter::get_estimated_total_bytes).sum(),
            Self::Tags { chunk, .. } => chunk.encoded_bytes(),
            Self::Numbers { chunk, .. } => chunk.encoded_bytes(),
        }
    }

    pub(crate) fn close(self) -> Result<Vec<EncodedChunk>> {
        match self {
            Self::Library { writers, .. } => writers
                .into_iter()
                .map(|writer| writer.close().map(|chunk| EncodedChunk::Library(Box::new(chunk))))
                .collect(),
            Self::Tags { chunk, codec } => Ok(vec![EncodedChunk::own(chunk.close(codec)?)]),
            Self::Numbers { chunk, codec } => Ok(vec![EncodedChunk::own(chunk.close(codec)?)]),
        }
    }
}

/// A column chunk that waits for its place in the file.
pub(crate) enum EncodedChunk {
    Library(Box<ArrowColumnChunk>),
    Own(Bytes, Box<ColumnCloseResult>),
}

impl EncodedChunk {
    fn own((bytes, close): (Bytes, ColumnCloseResult)) -> Self {
        Self::Own(bytes, Box::new(close))
    }

    pub(crate) fn byte_count(&self) -> usize {
        match self {
            Self::Library(chunk) => usize::try_from(chunk.close().bytes_written).unwrap_or_default(),
            Self::Own(bytes, _) => bytes.len(),
        }
    }

    pub(crate) fn append_to(self, group: &mut SerializedRowGroupWriter<'_, Vec<u8>>) -> Result<()> {
        match self {
            Self::Library(chunk) => chunk.append_to_row_group(group),
            Self::Own(bytes, close) => group.append_column(&bytes, *close),
        }
    }
}

/// The encoding of one column of one row group. It waits for nothing and shares nothing: run it on any thread, then
/// hand what it gave to [`ParquetExport::accept`](super::ParquetExport::accept).
pub struct EncodeTask {
    pub(crate) place: (usize, usize),
    pub(crate) plan: ColumnPlan,
    pub(crate) parts: Vec<ArrayRef>,
}

impl EncodeTask {
    /// Its row group, by its place in the file from 0.
    #[must_use]
    pub fn row_group(&self) -> usize {
        self.place.0
    }

    /// Encodes; takes a millisecond or a few for every 131 072 rows.
    ///
    /// # Errors
    /// [`ExportError`] when the column does not fit its schema; the file is then of no use.
    pub fn run(self) -> std::result::Result<EncodedColumn, ExportError> {
        let Self { place, plan, parts } = self;
        let mut encoder = plan.begin()?;
        for part in parts {
            encoder.write(&part)?;
        }
        Ok(EncodedColumn { place, chunks: encoder.close()? })
    }
}

impl fmt::Debug for EncodeTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodeTask").field("place", &self.place).field("parts", &self.parts.len()).finish()
    }
}

/// What an [`EncodeTask`] gave.
pub struct EncodedColumn {
    /// The row group and the column.
    pub(crate) place: (usize, usize),
    pub(crate) chunks: Vec<EncodedChunk>,
}

impl fmt::Debug for EncodedColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncodedColumn").field("place", &self.place).finish()
    }
}
