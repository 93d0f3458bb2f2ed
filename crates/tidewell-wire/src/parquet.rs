//! Rows as one Parquet file, handed out row group by row group.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use tidewell_segment::{ExportOptions, ParquetExport};

use crate::encoder::{EncodeError, EncodeRows};

/// A file in the making.
pub(crate) struct ParquetRows {
    export: ParquetExport,
}

impl ParquetRows {
    pub(crate) fn new(schema: &Schema, options: ExportOptions) -> Result<Self, EncodeError> {
        Ok(Self { export: ParquetExport::with_options(&Arc::new(schema.clone()), options)? })
    }
}

impl EncodeRows for ParquetRows {
    fn push_batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.export.write(batch)?;
        give(self.export.take_bytes(), out);
        Ok(())
    }

    fn push_end(self: Box<Self>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        give(self.export.finish()?, out);
        Ok(())
    }
}

/// A row group is some megabytes, so it is copied only where it must be.
fn give(mut bytes: Vec<u8>, out: &mut Vec<u8>) {
    if out.is_empty() {
        *out = bytes;
    } else {
        out.append(&mut bytes);
    }
}
