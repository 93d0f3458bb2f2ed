//! The rows of all files as one Arrow stream.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use tidewell_csv::CsvOptions;

use crate::config::ReaderConfig;
use crate::open_file::{OpenFile, Probed, in_order};

/// Gives every batch under the schema that the first file's sample decides.
#[derive(Debug)]
pub(crate) struct RowsStream {
    config: ReaderConfig,
    /// With the types of the first file.
    csv: CsvOptions,
    schema: SchemaRef,
    next_file: usize,
    probed: Option<Probed>,
    open: Option<OpenFile>,
    is_over: bool,
}

impl RowsStream {
    /// A stream that begins with a file, and goes on with the one at `next_file`.
    pub(crate) fn new(mut first: Probed, config: ReaderConfig, next_file: usize) -> Self {
        let schema = first.settle();
        let csv = CsvOptions { column_types: first.types(), ..config.csv.clone() };
        Self { config, csv, schema, next_file, probed: Some(first), open: None, is_over: false }
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>, String> {
        loop {
            if let Some(open) = &mut self.open {
                match open.next_batch()? {
                    Some(batch) => return in_order(&batch, &self.schema).map(Some),
                    None => self.open = None,
                }
            }
            if let Some(probed) = self.probed.take() {
                self.open = Some(probed.read(self.config.rejected_rows_max)?);
                continue;
            }
            let Some(path) = self.config.paths.get(self.next_file) else { return Ok(None) };
            self.next_file += 1;
            if let Some(mut probed) = Probed::open(path, &self.config, &self.csv)? {
                let schema = probed.settle();
                if schema.fields().len() != self.schema.fields().len() {
                    return Err(format!("{}: its columns are not those of the first file", path.display()));
                }
                self.probed = Some(probed);
            }
        }
    }
}

impl Iterator for RowsStream {
    type Item = Result<RecordBatch, ArrowError>;

    /// No panic leaves it, since it would go through a C function that another program calls.
    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = catch_unwind(AssertUnwindSafe(|| self.next_batch()))
            .unwrap_or_else(|_| Err("internal error: please report it".to_owned()));
        self.is_over = !matches!(next, Ok(Some(_)));
        // The text becomes a C string.
        next.map_err(|error| ArrowError::CsvError(error.replace('\0', "\u{fffd}"))).transpose()
    }
}

impl RecordBatchReader for RowsStream {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
