//! How an exported Parquet file is written.

use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;

use super::ExportError;

/// How pages are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportCompression {
    /// Not at all.
    None,
    /// Snappy.
    Snappy,
    /// LZ4, as Parquet's `LZ4_RAW`.
    Lz4,
    /// Zstd at a level from 1 (fast) to 22 (small).
    Zstd(i32),
}

impl ExportCompression {
    pub(crate) fn codec(self) -> Result<Compression, ExportError> {
        Ok(match self {
            Self::None => Compression::UNCOMPRESSED,
            Self::Snappy => Compression::SNAPPY,
            Self::Lz4 => Compression::LZ4_RAW,
            Self::Zstd(level) => Compression::ZSTD(ZstdLevel::try_new(level)?),
        })
    }
}

/// How an exported Parquet file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportOptions {
    /// How pages are packed.
    pub compression: ExportCompression,
    /// Most rows of a row group, from 1; one row group is held in memory. Large ones are read faster, small ones may be
    /// skipped.
    pub row_group_rows_max: usize,
    /// Bytes of encoded columns at which a row group is closed early.
    pub row_group_bytes_max: usize,
}

impl Default for ExportOptions {
    /// Zstd at level 1, row groups of 131 072 rows or 32 MiB.
    fn default() -> Self {
        Self { compression: ExportCompression::Zstd(1), row_group_rows_max: 131_072, row_group_bytes_max: 32 << 20 }
    }
}

impl ExportOptions {
    pub(crate) fn check(&self) -> Result<(), ExportError> {
        if self.row_group_rows_max == 0 || self.row_group_bytes_max == 0 {
            return Err(ParquetError::General("a row group has at least one row and one byte".to_owned()).into());
        }
        self.compression.codec().map(|_| ())
    }
}
