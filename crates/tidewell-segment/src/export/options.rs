//! How an exported Parquet file is written.

use std::str::FromStr;

use parquet::basic::{Compression, ZstdLevel};

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

impl FromStr for ExportCompression {
    type Err = ExportError;

    /// Reads `none`, `snappy`, `lz4`, `zstd` and `zstd:9`.
    fn from_str(text: &str) -> Result<Self, ExportError> {
        let unknown = || {
            let advice = "give none, snappy, lz4 or zstd, the last with a level as in zstd:9";
            ExportError::Options(format!("compression {text:?} is not known: {advice}"))
        };
        match text.split_once(':') {
            None => match text {
                "none" | "uncompressed" => Ok(Self::None),
                "snappy" => Ok(Self::Snappy),
                "lz4" => Ok(Self::Lz4),
                "zstd" => Ok(Self::Zstd(1)),
                _ => Err(unknown()),
            },
            Some(("zstd", level)) => {
                let compression = Self::Zstd(level.parse().map_err(|_| unknown())?);
                compression.codec().map(|_| compression)
            }
            Some(_) => Err(unknown()),
        }
    }
}

impl ExportCompression {
    pub(crate) fn codec(self) -> Result<Compression, ExportError> {
        Ok(match self {
            Self::None => Compression::UNCOMPRESSED,
            Self::Snappy => Compression::SNAPPY,
            Self::Lz4 => Compression::LZ4_RAW,
            Self::Zstd(level) => {
                let level = ZstdLevel::try_new(level);
                Compression::ZSTD(level.map_err(|_| ExportError::Options("a Zstd level is 1 to 22".to_owned()))?)
            }
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
    /// Bytes at which a row group is closed early: of encoded columns with [`write`](super::ParquetExport::write), of
    /// rows in memory with [`stage`](super::ParquetExport::stage). A batch is not cut for it.
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
            return Err(ExportError::Options("a row group has at least one row and one byte".to_owned()));
        }
        self.compression.codec().map(|_| ())
    }
}
