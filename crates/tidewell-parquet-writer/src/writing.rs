//! The file or files of a writer.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions, RecordBatchReader};
use arrow_schema::{Field, Schema, SchemaRef};
use serde::Serialize;
use tidewell_segment::ParquetExport;

use crate::columns::{ColumnSpec, batch_of, infer, schema_of};
use crate::config::{Target, WriterConfig};
use crate::new_file::NewFile;
use crate::records::{Batch, Record};

/// A file that a call finished.
#[derive(Debug, Serialize)]
struct Finished {
    path: PathBuf,
    size_bytes: u64,
    record_count: u64,
}

/// A Parquet file in the making.
#[derive(Debug)]
struct OpenFile {
    export: ParquetExport,
    file: NewFile,
    record_count: u64,
}

/// The columns of all rows.
#[derive(Debug)]
struct Columns {
    /// None where an Arrow stream decided them.
    specs: Option<Vec<ColumnSpec>>,
    schema: SchemaRef,
    /// Whether the config names them; members that it does not name are left out then.
    is_given: bool,
}

/// The state of one writer.
#[derive(Debug)]
pub(crate) struct Writing {
    config: WriterConfig,
    columns: Option<Columns>,
    /// The one file, where there is one for all rows.
    open: Option<OpenFile>,
    /// The number of the next file, where there is one for each batch and the program does not count.
    file_counter: u64,
    /// Whether rows were written, which decided the columns for good.
    has_rows: bool,
    /// Files that no call has answered yet.
    finished: Vec<Finished>,
    /// Why nothing more can be written.
    ended: Option<String>,
}

impl Writing {
    /// Begins; where there is one file for all rows, and its columns are given, with its temporary file, so that what is
    /// wrong with the path is said at once.
    pub(crate) fn open(mut config: WriterConfig) -> Result<Self, String> {
        let columns = config.schema.take().map(|specs| {
            let schema = schema_of(&specs);
            Columns { specs: Some(specs), schema, is_given: true }
        });
        let mut writing =
            Self { config, columns, open: None, file_counter: 0, has_rows: false, finished: Vec::new(), ended: None };
        if let (Target::File(path), Some(columns)) = (&writing.config.target, &writing.columns) {
            writing.open = Some(OpenFile::create(path.clone(), &columns.schema, &writing.config)?);
        }
        Ok(writing)
    }

    /// Writes records, all of them or none; gives the files that are finished, as JSON.
    pub(crate) fn write_json(&mut self, text: &str) -> Result<String, String> {
        self.refuse_ended()?;
        let Batch { records, file_counter } = Batch::from_json(text)?;
        if !records.is_empty() {
            let columns = match self.columns.take() {
                Some(columns) => columns,
                None => Columns::infer(&records, &self.config)?,
            };
            let batch = match &columns.specs {
                Some(specs) => batch_of(specs, &columns.schema, &records, !columns.is_given),
                None => Err("the columns came from an Arrow stream: write streams, or create a writer".to_owned()),
            };
            // Rows that do not fit decide no columns.
            if batch.is_ok() || columns.is_given || columns.specs.is_none() || self.has_written() {
                self.columns = Some(columns);
            }
            let batch = batch?;
            self.write(std::iter::once(Ok(batch)), file_counter)?;
        }
        self.take_finished()
    }

    /// Writes all rows of an Arrow stream.
    pub(crate) fn write_stream(&mut self, mut stream: impl RecordBatchReader) -> Result<(), String> {
        self.refuse_ended()?;
        let theirs = stream.schema();
        let ours = &self
            .columns
            .get_or_insert_with(|| Columns { specs: None, schema: Arc::clone(&theirs), is_given: false })
            .schema;
        if !is_alike(ours, &theirs) {
            return Err(format!("the stream's columns are {}, and the file's {}", shown(&theirs), shown(ours)));
        }
        let ours = Arc::clone(ours);
        let batches = std::iter::from_fn(|| stream.next()).map(|batch| {
            let batch = batch.map_err(|error| format!("the stream: {error}"))?;
            let row_count = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            RecordBatch::try_new_with_options(Arc::clone(&ours), batch.columns().to_vec(), &row_count)
                .map_err(|error| format!("the stream: {error}"))
        });
        self.write(batches, None)
    }

    /// Ends the file; gives the files that no call has answered yet, as JSON.
    pub(crate) fn close(&mut self) -> Result<String, String> {
        self.refuse_ended()?;
        if let Target::File(path) = &self.config.target {
            let open = self.open.take().ok_or_else(|| {
                format!("{}: neither rows nor a schema were given: there is nothing to write", path.display())
            })?;
            self.ended = Some("the writer was closed: create another one".to_owned());
            self.finished.push(open.finish().inspect_err(|error| self.ended = Some(error.clone()))?);
        }
        self.ended = Some("the writer was closed: create another one".to_owned());
        self.take_finished()
    }

    fn write(
        &mut self,
        mut batches: impl Iterator<Item = Result<RecordBatch, String>>,
        file_counter: Option<u64>,
    ) -> Result<(), String> {
        let Some(columns) = &self.columns else { return Ok(()) };
        match &self.config.target {
            Target::File(path) => {
                if self.open.is_none() {
                    self.open = Some(OpenFile::create(path.clone(), &columns.schema, &self.config)?);
                }
                let Some(open) = &mut self.open else { return Ok(()) };
                let outcome = batches.try_for_each(|batch| open.write(&batch?));
                if let Err(error) = &outcome {
                    // Some of the rows may be in it.
                    self.open = None;
                    self.ended = Some(format!("the file was given up: {error}"));
                }
                outcome
            }
            Target::Folder(folder) => {
                let Some(first) = batches.find(|batch| !matches!(batch, Ok(batch) if batch.num_rows() == 0)) else {
                    return Ok(());
                };
                let first = first?;
                let counter = file_counter.unwrap_or(self.file_counter);
                let path = folder.join(format!("part-{counter:05}.parquet"));
                let mut open = OpenFile::create(path, &columns.schema, &self.config)?;
                open.write(&first)?;
                batches.try_for_each(|batch| open.write(&batch?))?;
                self.finished.push(open.finish()?);
                self.file_counter = counter.saturating_add(1);
                self.has_rows = true;
                Ok(())
            }
        }
    }

    /// Whether there are rows of these columns, in a file or on their way into it.
    fn has_written(&self) -> bool {
        self.open.is_some() || self.has_rows
    }

    fn refuse_ended(&self) -> Result<(), String> {
        self.ended.clone().map_or(Ok(()), Err)
    }

    fn take_finished(&mut self) -> Result<String, String> {
        let json = serde_json::to_string(&self.finished).map_err(|error| error.to_string())?;
        self.finished.clear();
        Ok(json)
    }
}

impl Columns {
    /// The columns that the first records have.
    fn infer(records: &[Record], config: &WriterConfig) -> Result<Self, String> {
        let specs = infer(records, &config.kinds)?;
        if specs.is_empty() {
            return Err("the records have no members: there is no column to write".to_owned());
        }
        Ok(Self { schema: schema_of(&specs), specs: Some(specs), is_given: false })
    }
}

impl OpenFile {
    fn create(path: PathBuf, schema: &SchemaRef, config: &WriterConfig) -> Result<Self, String> {
        let export = ParquetExport::with_options(schema, config.export).map_err(|error| error.to_string())?;
        Ok(Self { export, file: NewFile::create(&path)?, record_count: 0 })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), String> {
        self.export.write(batch).map_err(|error| error.to_string())?;
        self.record_count += batch.num_rows() as u64;
        let bytes = self.export.take_bytes();
        self.file.write(&bytes)
    }

    fn finish(mut self) -> Result<Finished, String> {
        let rest = self.export.finish().map_err(|error| error.to_string())?;
        self.file.write(&rest)?;
        let (path, size_bytes) = self.file.keep()?;
        Ok(Finished { path, size_bytes, record_count: self.record_count })
    }
}

/// Whether rows of one schema are rows of another: names and types in their order.
fn is_alike(here: &Schema, there: &Schema) -> bool {
    let key = |field: &Arc<Field>| (field.name().clone(), field.data_type().clone());
    here.fields().iter().map(key).eq(there.fields().iter().map(key))
}

fn shown(schema: &Schema) -> String {
    let fields: Vec<String> =
        schema.fields().iter().take(30).map(|field| format!("{} {}", field.name(), field.data_type())).collect();
    format!("({})", fields.join(", "))
}

#[cfg(test)]
mod tests;
