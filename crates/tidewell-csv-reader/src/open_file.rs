//! One file on its way into batches.

use std::collections::VecDeque;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::{Field, Schema, SchemaRef};
use tidewell_csv::{ColumnRole, CsvError, CsvOptions, CsvPlan, CsvReader, Rejections, infer};
use tidewell_types::{FieldType, TIME_COLUMN, tag_data_type, time_data_type};

use crate::config::ReaderConfig;

/// How much of a file is read at a time.
const CHUNK_BYTES: usize = 1 << 20;
/// How many rejected rows an error names.
const REJECTED_SHOWN: usize = 3;

/// A file whose columns are known, and of which no row was read.
#[derive(Debug)]
pub(crate) struct Probed {
    path: PathBuf,
    file: File,
    sample: Vec<u8>,
    plan: CsvPlan,
}

/// A file that is read.
#[derive(Debug)]
pub(crate) struct OpenFile {
    path: PathBuf,
    file: File,
    /// Until its last byte was read.
    reader: Option<CsvReader>,
    ready: VecDeque<RecordBatch>,
    chunk: Vec<u8>,
    columns: Vec<String>,
    rejections: Rejections,
    rejected_rows_max: u64,
}

impl Probed {
    /// Opens a file and looks at its sample; `None` where it has no rows.
    pub(crate) fn open(path: &Path, config: &ReaderConfig, csv: &CsvOptions) -> Result<Option<Self>, String> {
        let failed = |doing: &str, error: &dyn std::fmt::Display| format!("{}: {doing}{error}", path.display());
        let mut file = File::open(path).map_err(|error| failed("cannot open it: ", &error))?;
        let mut sample = Vec::new();
        let limit = u64::try_from(config.sample_bytes).unwrap_or(u64::MAX);
        Read::by_ref(&mut file).take(limit).read_to_end(&mut sample).map_err(|e| failed("cannot read it: ", &e))?;
        match infer(&sample, sample.len() < config.sample_bytes, csv) {
            Ok(plan) => Ok(Some(Self { path: path.to_owned(), file, sample, plan })),
            Err(CsvError::Empty { .. } | CsvError::NoRows { .. }) => Ok(None),
            Err(error) => Err(failed("", &error)),
        }
    }

    /// Decides the types of all columns, so that every batch has the schema that this gives.
    pub(crate) fn settle(&mut self) -> SchemaRef {
        self.plan.settle();
        let role = |name: &String| {
            let column = self.plan.columns().iter().find(|column| column.name == *name && is_kept(column.role));
            column.map_or(ColumnRole::Time, |column| column.role)
        };
        let field = |name: &String| match role(name) {
            ColumnRole::Tag => Field::new(name, tag_data_type(), true),
            ColumnRole::Field(field_type) => {
                Field::new(name, field_type.unwrap_or(FieldType::String).data_type(), true)
            }
            ColumnRole::Time | ColumnRole::Skipped => Field::new(name, time_data_type(), false),
        };
        Arc::new(Schema::new(columns_of(&self.plan).iter().map(field).collect::<Vec<_>>()))
    }

    /// Fields and their types, for the files that come after this one.
    pub(crate) fn types(&self) -> Vec<(String, FieldType)> {
        let typed = |column: &tidewell_csv::PlanColumn| match column.role {
            ColumnRole::Field(Some(field_type)) => Some((column.name.clone(), field_type)),
            _ => None,
        };
        self.plan.columns().iter().filter_map(typed).collect()
    }

    /// Begins to read its rows.
    pub(crate) fn read(self, rejected_rows_max: u64) -> Result<OpenFile, String> {
        let columns = columns_of(&self.plan);
        let mut open = OpenFile {
            path: self.path,
            file: self.file,
            reader: Some(CsvReader::new(self.plan)),
            ready: VecDeque::new(),
            chunk: Vec::new(),
            columns,
            rejections: Rejections::default(),
            rejected_rows_max,
        };
        open.push(&self.sample)?;
        Ok(open)
    }
}

impl OpenFile {
    /// The columns' names, in the order of the file.
    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The rows that were not taken so far.
    pub(crate) fn rejections(&self) -> &Rejections {
        self.reader.as_ref().map_or(&self.rejections, CsvReader::rejections)
    }

    /// The next rows, or `None` behind the last ones.
    pub(crate) fn next_batch(&mut self) -> Result<Option<RecordBatch>, String> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Ok(Some(batch));
            }
            if self.reader.is_none() {
                return Ok(None);
            }
            let mut chunk = std::mem::take(&mut self.chunk);
            chunk.resize(CHUNK_BYTES, 0);
            let count = self.file.read(&mut chunk).map_err(|error| self.failed(&error))?;
            match chunk.get(..count) {
                Some(bytes) if count > 0 => self.push(bytes)?,
                _ => self.finish()?,
            }
            self.chunk = chunk;
        }
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), String> {
        if let Some(reader) = &mut self.reader {
            let batches = reader.push(bytes).map_err(|error| format!("{}: {error}", self.path.display()))?;
            self.ready.extend(batches);
        }
        self.refuse_rejected()
    }

    fn finish(&mut self) -> Result<(), String> {
        if let Some(reader) = self.reader.take() {
            let end = reader.finish().map_err(|error| self.failed(&error))?;
            self.ready.extend(end.batches);
            self.rejections = end.rejections;
        }
        self.refuse_rejected()
    }

    fn refuse_rejected(&self) -> Result<(), String> {
        let rejections = self.rejections();
        if rejections.count <= self.rejected_rows_max {
            return Ok(());
        }
        let shown: Vec<String> = rejections.listed.iter().take(REJECTED_SHOWN).map(ToString::to_string).collect();
        let (count, max) = (rejections.count, self.rejected_rows_max);
        Err(self.failed(&format!("{count} rows or more do not fit (rejected_rows_max is {max}): {}", shown.join("; "))))
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> String {
        format!("{}: {error}", self.path.display())
    }
}

const fn is_kept(role: ColumnRole) -> bool {
    matches!(role, ColumnRole::Tag | ColumnRole::Field(_))
}

/// The names that batches have, in the order of the file; the time stands where the first of its columns does.
fn columns_of(plan: &CsvPlan) -> Vec<String> {
    let mut names = Vec::new();
    let mut has_time = false;
    for column in plan.columns() {
        match column.role {
            ColumnRole::Time if !has_time => {
                has_time = true;
                names.push(TIME_COLUMN.to_owned());
            }
            role if is_kept(role) && !column.name.is_empty() => names.push(column.name.clone()),
            _ => {}
        }
    }
    names
}

/// A batch with its columns in an order, and of a schema that has them.
pub(crate) fn in_order(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, String> {
    let mut arrays = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let array = batch.column_by_name(field.name()).map(Arc::clone);
        arrays.push(array.ok_or_else(|| format!("internal error: no column {:?}: please report it", field.name()))?);
    }
    let row_count = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), arrays, &row_count).map_err(|error| error.to_string())
}
