//! What makes the bytes of a file: one thread, or all of the machine's for a single Parquet file.

use std::num::NonZeroUsize;

use tidewell_env::Env;
use tidewell_wire::{EncodeError, Encoder, ExportOptions, Format, ParquetCrew, RecordBatch, SchemaRef};

use crate::failure::Failure;

/// The encoder of one file.
pub(crate) enum RowsEncoder {
    OneThread(Encoder),
    Crew(Box<ParquetCrew>),
}

impl RowsEncoder {
    /// For a file that is the only one: Parquet is encoded on every core.
    pub(crate) fn of_one_file(
        format: Format,
        schema: &SchemaRef,
        parquet: ExportOptions,
        env: &Env,
    ) -> Result<Self, Failure> {
        if format != Format::Parquet {
            return Self::of_many_files(format, schema, parquet);
        }
        let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let crew = ParquetCrew::new(schema, parquet, env.clone(), threads).map_err(failure)?;
        Ok(Self::Crew(Box::new(crew)))
    }

    /// For a file that is open beside others: a crew each would multiply the row groups in memory.
    pub(crate) fn of_many_files(format: Format, schema: &SchemaRef, parquet: ExportOptions) -> Result<Self, Failure> {
        Encoder::with_parquet_options(format, schema, parquet).map(Self::OneThread).map_err(failure)
    }

    /// The bytes that `rows` add.
    ///
    /// # Errors
    /// [`Failure`] when a value has no form in the format; the file is then of no use.
    pub(crate) async fn batch(&mut self, rows: &RecordBatch) -> Result<Vec<u8>, Failure> {
        match self {
            Self::OneThread(encoder) => encoder.batch(rows).map_err(failure),
            Self::Crew(crew) => crew.batch(rows).await.map_err(failure),
        }
    }

    /// The bytes that end the file.
    ///
    /// # Errors
    /// As [`RowsEncoder::batch`].
    pub(crate) async fn finish(self) -> Result<Vec<u8>, Failure> {
        match self {
            Self::OneThread(encoder) => encoder.finish().map_err(failure),
            Self::Crew(crew) => crew.finish().await.map_err(failure),
        }
    }
}

fn failure(error: EncodeError) -> Failure {
    Failure::work(error.to_string())
}
