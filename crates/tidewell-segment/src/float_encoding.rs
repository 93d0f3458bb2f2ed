//! Choosing how a float column is encoded: by trying.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};
use arrow_select::concat::concat;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::SegmentError;

/// How many rows are tried; a longer column is sampled in pieces from all over it.
const SAMPLE_ROWS_MAX: usize = 16 * 1024;
const SAMPLE_PIECES: usize = 8;

/// The ways to encode a float column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FloatEncoding {
    Plain,
    Dictionary,
    ByteStreamSplit,
}

impl FloatEncoding {
    /// All of them, the cheapest to decode first.
    pub(crate) const ALL: [Self; 3] = [Self::Plain, Self::Dictionary, Self::ByteStreamSplit];

    /// The encoding of values that are not in a dictionary.
    pub(crate) fn value_encoding(self) -> Encoding {
        match self {
            Self::Plain | Self::Dictionary => Encoding::PLAIN,
            Self::ByteStreamSplit => Encoding::BYTE_STREAM_SPLIT,
        }
    }

    pub(crate) fn has_dictionary(self) -> bool {
        self == Self::Dictionary
    }

    /// The one that makes a sample of `column` smallest once it is compressed.
    pub(crate) fn smallest(column: &ArrayRef, compression: Compression) -> Result<Self, SegmentError> {
        let sample = sample(column)?;
        let mut smallest = (Self::Plain, i64::MAX);
        for encoding in Self::ALL {
            let bytes =
                encoded_bytes(&sample, encoding, compression).map_err(|error| SegmentError::while_writing(&error))?;
            if bytes < smallest.1 {
                smallest = (encoding, bytes);
            }
        }
        Ok(smallest.0)
    }
}

fn sample(column: &ArrayRef) -> Result<ArrayRef, SegmentError> {
    if column.len() <= SAMPLE_ROWS_MAX {
        return Ok(Arc::clone(column));
    }
    let piece_rows = SAMPLE_ROWS_MAX / SAMPLE_PIECES;
    let last_start = column.len() - piece_rows;
    let pieces: Vec<ArrayRef> =
        (0..SAMPLE_PIECES).map(|piece| column.slice(last_start / (SAMPLE_PIECES - 1) * piece, piece_rows)).collect();
    let pieces: Vec<&dyn Array> = pieces.iter().map(AsRef::as_ref).collect();
    Ok(concat(&pieces)?)
}

/// The size of `column` in a file, page headers and dictionary included.
pub(crate) fn encoded_bytes(
    column: &ArrayRef,
    encoding: FloatEncoding,
    compression: Compression,
) -> Result<i64, ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_dictionary_enabled(encoding.has_dictionary())
        .set_encoding(encoding.value_encoding())
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .build();
    let schema = Arc::new(Schema::new(vec![Field::new("sample", column.data_type().clone(), true)]));
    let batch = RecordBatch::try_new(Arc::clone(&schema), vec![Arc::clone(column)])?;
    let mut writer = ArrowWriter::try_new(std::io::sink(), schema, Some(properties))?;
    writer.write(&batch)?;
    let written = writer.close()?;
    Ok(written.row_groups().iter().map(|group| group.compressed_size()).sum())
}

#[cfg(test)]
mod tests;
