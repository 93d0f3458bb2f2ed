//! Compressing pages that are made here.

use bytes::Bytes;
use parquet::basic::Compression;
use parquet::errors::{ParquetError, Result};
use zstd::bulk::Compressor;

/// Compresses pages, and keeps from page to page what it needs for that.
pub(crate) enum Packer {
    Plain,
    Snappy(Box<snap::raw::Encoder>),
    Lz4,
    Zstd(Compressor<'static>),
}

impl Packer {
    pub(crate) fn new(codec: Compression) -> Result<Self> {
        Ok(match codec {
            Compression::UNCOMPRESSED => Self::Plain,
            Compression::SNAPPY => Self::Snappy(Box::new(snap::raw::Encoder::new())),
            Compression::LZ4_RAW => Self::Lz4,
            Compression::ZSTD(level) => Self::Zstd(Compressor::new(level.compression_level())?),
            other => return Err(ParquetError::General(format!("exports are not packed with {other}"))),
        })
    }

    pub(crate) fn pack(&mut self, plain: &Bytes) -> Result<Bytes> {
        Ok(match self {
            Self::Plain => plain.clone(),
            Self::Snappy(encoder) => {
                let packed = encoder.compress_vec(plain);
                packed.map_err(|error| ParquetError::General(error.to_string()))?.into()
            }
            Self::Lz4 => lz4_flex::block::compress(plain).into(),
            Self::Zstd(compressor) => compressor.compress(plain)?.into(),
        })
    }
}
