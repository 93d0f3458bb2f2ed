//! Plain batches as one Parquet file, for answers and exports.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{FieldRef, Schema, SchemaRef};
use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::SchemaDescriptor;

mod column;
mod encoding;
mod keyed_chunk;
mod number_chunk;
mod options;
mod pack;
mod plan;
mod run_lengths;
mod tag_chunk;

pub use column::{EncodeTask, EncodedColumn};
pub use options::{ExportCompression, ExportOptions};

use column::{ColumnEncoder, EncodedChunk};
use encoding::properties;
use plan::ColumnPlan;

/// Most bytes of earlier row groups that the library's writer still holds, and some to spare.
const HELD_BACK_BYTES: usize = 16 << 10;

/// Batches that cannot become a Parquet file.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ExportError {
    /// Parquet has no type for a column. Cast it, for example to a string, or leave it out.
    #[error("column {column:?} ({data_type}) has no type in Parquet: cast it, for example to a string")]
    Column {
        /// The column.
        column: String,
        /// Its Arrow type.
        data_type: String,
    },
    /// The options make no sense, or calls came in another order than they may. Correct them.
    #[error("{0}")]
    Options(String),
    /// The rows do not fit the file's schema, or a limit of the format; the file is of no use.
    #[error("{0}")]
    Write(Arc<ParquetError>),
}

impl From<ParquetError> for ExportError {
    fn from(error: ParquetError) -> Self {
        Self::Write(Arc::new(error))
    }
}

/// A Parquet file in the making: batches in, bytes out, a row group at a time. The Arrow schema is in the file.
///
/// Either one after the other:
///
/// ```text
/// write(batch)* -> take_bytes() after each -> finish()
/// ```
///
/// or with the columns of row groups encoded on several threads, which the caller has:
///
/// ```text
/// stage(batch)* -> tasks -> EncodeTask::run anywhere -> accept(column) in any order -> take_bytes()
/// stage_rest()  -> tasks -> ...                                                     -> finish()
/// ```
///
/// Holds one row group ([`ExportOptions`]): [`write`](Self::write) as encoded columns, [`stage`](Self::stage) as rows,
/// besides the row groups whose tasks are under way; the caller says how many those are by what it runs before it
/// stages more.
pub struct ParquetExport {
    file: SerializedFileWriter<Vec<u8>>,
    schema: SchemaRef,
    parquet_schema: Arc<SchemaDescriptor>,
    codec: Compression,
    options: ExportOptions,
    /// The row group that is being written, with its rows.
    open: Option<(Vec<ColumnEncoder>, usize)>,
    staged: Staged,
    /// Row groups whose tasks were handed out.
    group_count: usize,
    /// The first that is not in the file.
    group_next: usize,
    /// Columns that wait for others of their row group, or of one before it.
    waiting: BTreeMap<(usize, usize), Vec<EncodedChunk>>,
}

#[derive(Default)]
struct Staged {
    batches: Vec<RecordBatch>,
    rows: usize,
    bytes: usize,
}

impl fmt::Debug for ParquetExport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParquetExport").field("schema", &self.schema).field("options", &self.options).finish()
    }
}

impl ParquetExport {
    /// A file of `schema`, by the default options.
    ///
    /// # Errors
    /// [`ExportError::Column`] when Parquet has no type for a column.
    pub fn new(schema: &SchemaRef) -> Result<Self, ExportError> {
        Self::with_options(schema, ExportOptions::default())
    }

    /// A file of `schema`.
    ///
    /// # Errors
    /// [`ExportError::Column`] when Parquet has no type for a column, [`ExportError::Options`].
    pub fn with_options(schema: &SchemaRef, options: ExportOptions) -> Result<Self, ExportError> {
        options.check()?;
        Self::begin(schema, options).map_err(|error| {
            let alone = |field: &FieldRef| Self::begin(&Arc::new(Schema::new(vec![Arc::clone(field)])), options);
            match schema.fields().iter().find(|field| alone(field).is_err()) {
                Some(field) => {
                    let data_type = field.data_type().to_string();
                    ExportError::Column { column: field.name().clone(), data_type }
                }
                None => error,
            }
        })
    }

    fn begin(schema: &SchemaRef, options: ExportOptions) -> Result<Self, ExportError> {
        let codec = options.compression.codec()?;
        let parquet_schema = Arc::new(ArrowSchemaConverter::new().convert(schema)?);
        let mut of_file = Arc::unwrap_or_clone(properties(codec, None));
        add_encoded_arrow_schema_to_metadata(schema, &mut of_file);
        let file = SerializedFileWriter::new(Vec::new(), parquet_schema.root_schema_ptr(), Arc::new(of_file))?;
        let export = Self {
            file,
            schema: Arc::clone(schema),
            parquet_schema,
            codec,
            options,
            open: None,
            staged: Staged::default(),
            group_count: 0,
            group_next: 0,
            waiting: BTreeMap::new(),
        };
        // Some types have a place in the schema and none in the writer, which shows once it is given a column.
        let empty = RecordBatch::new_empty(Arc::clone(schema));
        for (mut encoder, column) in export.encoders(&empty)?.into_iter().zip(empty.columns()) {
            encoder.write(column)?;
        }
        Ok(export)
    }

    /// Adds the rows of `batch`, whose columns are those of the file's schema.
    ///
    /// # Errors
    /// [`ExportError::Write`] when a column does not fit; the file is then of no use. [`ExportError::Options`] when
    /// rows were staged.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), ExportError> {
        if self.group_count > 0 || self.staged.rows > 0 {
            return Err(ExportError::Options("rows are either written or staged".to_owned()));
        }
        self.check_columns(batch)?;
        let mut start = 0;
        while start < batch.num_rows() {
            let rows = self.open.as_ref().map_or(0, |(_, rows)| *rows);
            let len = (self.options.row_group_rows_max - rows).min(batch.num_rows() - start);
            let part = batch.slice(start, len);
            let mut encoders = match self.open.take() {
                Some((encoders, _)) => encoders,
                None => self.encoders(&part)?,
            };
            for (encoder, column) in encoders.iter_mut().zip(part.columns()) {
                encoder.write(column)?;
            }
            start += len;
            let bytes: usize = encoders.iter().map(ColumnEncoder::encoded_bytes).sum();
            if rows + len >= self.options.row_group_rows_max || bytes >= self.options.row_group_bytes_max {
                self.end_group(encoders)?;
            } else {
                self.open = Some((encoders, rows + len));
            }
        }
        Ok(())
    }

    /// Takes the rows of `batch`, whose columns are those of the file's schema, and gives the tasks of the row groups
    /// that came full, the largest first; none while one is filling.
    ///
    /// # Errors
    /// [`ExportError::Write`] when a column does not fit; the file is then of no use. [`ExportError::Options`] when
    /// rows were written.
    pub fn stage(&mut self, batch: &RecordBatch) -> Result<Vec<EncodeTask>, ExportError> {
        if self.open.is_some() || self.group_next > self.group_count {
            return Err(ExportError::Options("rows are either written or staged".to_owned()));
        }
        self.check_columns(batch)?;
        let mut tasks = Vec::new();
        let mut start = 0;
        while start < batch.num_rows() {
            let len = (self.options.row_group_rows_max - self.staged.rows).min(batch.num_rows() - start);
            let part = batch.slice(start, len);
            start += len;
            self.staged.rows += len;
            self.staged.bytes += memory_bytes(&part)?;
            self.staged.batches.push(part);
            let is_full = self.staged.rows >= self.options.row_group_rows_max;
            if is_full || self.staged.bytes >= self.options.row_group_bytes_max {
                tasks.extend(self.stage_rest());
            }
        }
        Ok(tasks)
    }

    /// The tasks of the last row group, once all rows were staged; none where no row waits.
    #[must_use]
    pub fn stage_rest(&mut self) -> Vec<EncodeTask> {
        let Staged { batches, .. } = std::mem::take(&mut self.staged);
        let Some(first) = batches.first() else { return Vec::new() };
        let group = self.group_count;
        let task = |(index, plan)| {
            let parts: Vec<ArrayRef> = batches.iter().filter_map(|batch| batch.columns().get(index)).cloned().collect();
            EncodeTask { place: (group, index), plan, parts }
        };
        let mut tasks: Vec<EncodeTask> = self.plans(first).into_iter().enumerate().map(task).collect();
        tasks.sort_by_key(|task| !task.plan.is_slow());
        self.group_count += 1;
        tasks
    }

    /// Takes what a task gave. Row groups come to the file in their order, each once all of its columns are there.
    ///
    /// # Errors
    /// [`ExportError::Write`]; the file is then of no use.
    pub fn accept(&mut self, column: EncodedColumn) -> Result<(), ExportError> {
        self.waiting.insert(column.place, column.chunks);
        let count = self.schema.fields().len();
        while self.waiting.range((self.group_next, 0)..(self.group_next + 1, 0)).count() == count && count > 0 {
            let after = self.waiting.split_off(&(self.group_next + 1, 0));
            let chunks = std::mem::replace(&mut self.waiting, after).into_values().flatten();
            self.append(chunks.collect())?;
        }
        Ok(())
    }

    /// How many row groups are in the file: those before the first that waits for columns.
    #[must_use]
    pub fn row_groups_written(&self) -> usize {
        self.group_next
    }

    /// The bytes made since the last call; they follow the bytes it returned then.
    #[must_use]
    pub fn take_bytes(&mut self) -> Vec<u8> {
        // The writer counts what it wrote by itself, so emptying the buffer under it moves no offset.
        std::mem::take(self.file.inner_mut())
    }

    /// Ends the file: the last bytes, footer included.
    ///
    /// # Errors
    /// [`ExportError::Write`] when the last row group cannot be written, [`ExportError::Options`] when tasks were not
    /// accepted yet; the file is then of no use.
    pub fn finish(mut self) -> Result<Vec<u8>, ExportError> {
        if let Some((encoders, _)) = self.open.take() {
            self.end_group(encoders)?;
        }
        for task in self.stage_rest() {
            let column = task.run()?;
            self.accept(column)?;
        }
        if self.group_next < self.group_count {
            return Err(ExportError::Options("columns of a row group are still under way".to_owned()));
        }
        Ok(self.file.into_inner()?)
    }

    fn check_columns(&self, batch: &RecordBatch) -> Result<(), ExportError> {
        let fields = self.schema.fields().iter().zip(batch.columns());
        let agree = fields.filter(|(field, column)| field.data_type() == column.data_type()).count();
        if agree == self.schema.fields().len() && agree == batch.num_columns() {
            return Ok(());
        }
        let problem = format!("rows of {} do not fit a file of {}", batch.schema_ref(), self.schema);
        Err(ParquetError::General(problem).into())
    }

    /// The columns of a row group that begins with `rows`.
    fn plans(&self, rows: &RecordBatch) -> Vec<ColumnPlan> {
        let properties = properties(self.codec, Some(rows));
        let roots = self.parquet_schema.root_schema().get_fields();
        let columns = self.schema.fields().iter().zip(roots).zip(rows.columns());
        columns.map(|((field, root), sample)| ColumnPlan::new(field, root, sample, &properties, self.codec)).collect()
    }

    /// The encoders of a row group that begins with `rows`.
    fn encoders(&self, rows: &RecordBatch) -> Result<Vec<ColumnEncoder>, ExportError> {
        Ok(self.plans(rows).into_iter().map(ColumnPlan::begin).collect::<Result<_, _>>()?)
    }

    fn end_group(&mut self, encoders: Vec<ColumnEncoder>) -> Result<(), ExportError> {
        let mut chunks = Vec::with_capacity(encoders.len());
        for encoder in encoders {
            chunks.extend(encoder.close()?);
        }
        self.append(chunks)
    }

    fn append(&mut self, chunks: Vec<EncodedChunk>) -> Result<(), ExportError> {
        // A buffer that is too short by a byte is copied to one of twice its length.
        let byte_count: usize = chunks.iter().map(EncodedChunk::byte_count).sum();
        self.file.inner_mut().reserve_exact(byte_count + HELD_BACK_BYTES);
        let mut group = self.file.next_row_group()?;
        for chunk in chunks {
            chunk.append_to(&mut group)?;
        }
        group.close()?;
        self.group_next += 1;
        Ok(())
    }
}

/// What the rows take, without what else their buffers hold.
fn memory_bytes(batch: &RecordBatch) -> Result<usize, ExportError> {
    let sizes = batch.columns().iter().map(|column| column.to_data().get_slice_memory_size());
    let sum: Result<usize, _> = sizes.sum();
    sum.map_err(|error| ParquetError::from(error).into())
}

#[cfg(test)]
mod tests;
