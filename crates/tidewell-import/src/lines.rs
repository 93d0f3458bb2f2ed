//! Files as batches of line protocol, for a server to take (REST mode).

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, UInt64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use tidewell_csv::{ColumnRole, CsvPlan};
use tidewell_env::Env;
use tidewell_line_protocol::{FieldValue, Line, encode};
use tidewell_types::{ColumnKind, TIME_COLUMN, TableName, TableSchema};

use crate::dedup::Dedup;
use crate::error::{FileError, ImportError};
use crate::feed::{Event, Feed, Kind, Opened, Reading, Todo};
use crate::file::SourceFile;
use crate::options::ImportOptions;
use crate::progress::Progress;
use crate::run::times;
use crate::summary::{FileFailure, FileRejections};

/// Some rows of one file as line protocol, with timestamps in nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineBatch {
    /// The file, by its place in the list.
    pub file: usize,
    /// Rows of the file up to the batch's last, those without a line included: where to go on once the batch is stored.
    pub rows_done: u64,
    /// Lines in the body.
    pub line_count: u64,
    /// Rows since the last batch that an earlier one of the same dedup value is kept for.
    pub rows_dropped: u64,
    /// Rows since the last batch that have no field to send: line protocol has no words for them.
    pub rows_empty: u64,
    /// The lines.
    pub body: Vec<u8>,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineStep {
    /// The next rows; never without a line.
    Batch(LineBatch),
    /// All rows of a file were given.
    End {
        /// The file, by its place in the list.
        file: usize,
        /// Its rows that were not taken.
        rejections: Option<FileRejections>,
    },
    /// The rest of a file cannot be read; batches of it may have been given before.
    Failed(FileFailure),
}

/// The rows of files in their order, as batches of line protocol of at most `batch_rows` lines, and less where a part of the
/// file ends. Reads ahead within the memory limit. A server stores each batch for itself: unlike a direct import it keeps the
/// first rows of a file whose later ones are bad.
pub struct LineReader {
    reading: Arc<Reading>,
    feed: Feed,
    dedup: Option<Dedup>,
    /// Rows of the first file that are stored.
    skip_rows: u64,
    current: Option<Current>,
    waiting: VecDeque<LineStep>,
}

impl fmt::Debug for LineReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineReader").field("skip_rows", &self.skip_rows).finish_non_exhaustive()
    }
}

struct Current {
    file: Arc<Opened>,
    /// The types that a CSV file has in the end are being looked for; its rows come afterwards.
    is_scouting: bool,
    rows_done: u64,
}

impl LineReader {
    /// Reads `files` from the one at `from.0` on, whose first `from.1` rows are left out: (0, 0) for all. With a dedup column
    /// the files before it are read as well, for their values.
    ///
    /// # Errors
    /// [`ImportError::Option`] for options that cannot be.
    pub fn new(
        env: &Env,
        files: &[SourceFile],
        options: &ImportOptions,
        from: (usize, u64),
        progress: &Arc<Progress>,
    ) -> Result<Self, ImportError> {
        options.check()?;
        progress.set_total(files);
        let reading = Reading::new(env, options, progress);
        let todo = files.iter().enumerate().filter(|(index, _)| *index >= from.0 || options.dedup_column.is_some());
        let todo = todo.map(|(index, source)| Todo { index, source: source.clone(), is_stored: index < from.0 });
        let feed = Feed::new(Arc::clone(&reading), Arc::default(), todo.collect());
        let dedup = options.dedup_column.as_ref().map(|column| Dedup::new(column, options.dedup_bytes_max()));
        Ok(Self { reading, feed, dedup, skip_rows: from.1, current: None, waiting: VecDeque::new() })
    }

    /// What comes next; `None` after the last file.
    ///
    /// # Errors
    /// [`ImportError::Option`] when the dedup column has more values than may be remembered; nothing more comes.
    pub async fn next(&mut self) -> Result<Option<LineStep>, ImportError> {
        loop {
            if let Some(step) = self.waiting.pop_front() {
                return Ok(Some(step));
            }
            let Some(event) = self.feed.next().await else { return Ok(None) };
            match event {
                Event::Begin(file) => {
                    let is_scouting = matches!(&file.kind, Kind::Csv(csv) if !is_settled(&csv.plan));
                    self.current = Some(Current { file, is_scouting, rows_done: 0 });
                }
                Event::Batch(rows) => self.take(rows).await?,
                Event::Failed(source, error) => {
                    self.current = None;
                    self.forget_values();
                    self.waiting.push_back(failed(&source, &error));
                }
                Event::End(found) => {
                    let Some(mut current) = self.current.take() else { continue };
                    let found = found.map(|found| *found);
                    if let (true, Kind::Csv(csv), Some(found)) = (current.is_scouting, &current.file.kind, &found) {
                        match current.file.settled(csv, settled(found.plan.clone())) {
                            Ok(file) => {
                                current = Current { file: Arc::new(file), is_scouting: false, rows_done: 0 };
                                self.feed.again(&current.file);
                                self.current = Some(current);
                            }
                            Err(error) => self.waiting.push_back(failed(&current.file.source, &error)),
                        }
                        continue;
                    }
                    self.end(&current.file, found.map(|found| found.rejections));
                }
            }
        }
    }

    fn end(&mut self, file: &Opened, rejections: Option<tidewell_csv::Rejections>) {
        if let Some(dedup) = &mut self.dedup {
            dedup.keep_file();
        }
        self.skip_rows = if file.is_stored { self.skip_rows } else { 0 };
        self.reading.progress.end(file.source.url());
        if !file.is_stored {
            let rejections = rejections.filter(|rejections| rejections.count > 0);
            let file_name = file.source.url().to_owned();
            let rejections = rejections.map(|rejections| FileRejections { file: file_name, rejections });
            self.waiting.push_back(LineStep::End { file: file.index, rejections });
        }
    }

    fn forget_values(&mut self) {
        if let Some(dedup) = &mut self.dedup {
            dedup.forget_file();
        }
    }

    async fn take(&mut self, rows: RecordBatch) -> Result<(), ImportError> {
        let Some(current) = &mut self.current else { return Ok(()) };
        if current.is_scouting {
            return Ok(());
        }
        let (before, row_count) = (current.rows_done, rows.num_rows() as u64);
        current.rows_done += row_count;
        let file = Arc::clone(&current.file);
        // Rows that are stored still have values that later ones may repeat.
        let stored = match file.is_stored {
            true => row_count,
            false => self.skip_rows.saturating_sub(before).min(row_count),
        };
        let (table, index) = (self.reading.options.table.clone(), file.index);
        let mut dedup = self.dedup.take();
        let encoded = self.reading.env.blocking(move || {
            let encoded = encode_rows(&table, &file, dedup.as_mut(), &rows, (before, stored));
            (dedup, encoded)
        });
        let (dedup, encoded) = encoded.await;
        self.dedup = dedup;
        match encoded? {
            Ok(Some(batch)) => self.waiting.push_back(LineStep::Batch(LineBatch { file: index, ..batch })),
            Ok(None) => {}
            Err(error) => {
                let source = self.current.take().map(|current| current.file.source.clone());
                self.feed.skip();
                self.forget_values();
                self.waiting.extend(source.map(|source| failed(&source, &error)));
            }
        }
        Ok(())
    }
}

fn failed(source: &SourceFile, error: &FileError) -> LineStep {
    LineStep::Failed(FileFailure { file: source.url().to_owned(), reason: error.to_string(), is_unknown: false })
}

/// Whether no later row can change a column's type.
fn is_settled(plan: &CsvPlan) -> bool {
    plan.columns().iter().all(|column| !column.may_widen && column.role != ColumnRole::Field(None))
}

/// The plan with the types that it has by the end of the file, for good.
fn settled(mut plan: CsvPlan) -> CsvPlan {
    // It takes over its own types, which fit.
    if let Ok(schema) = plan.table_schema() {
        let _ = plan.adopt(&schema);
    }
    plan
}

/// Lines of a batch behind the rows that are stored; the inner error is the file's.
fn encode_rows(
    table: &TableName,
    file: &Opened,
    dedup: Option<&mut Dedup>,
    rows: &RecordBatch,
    (before, stored): (u64, u64),
) -> Result<Result<Option<LineBatch>, FileError>, ImportError> {
    let stored = usize::try_from(stored).unwrap_or(usize::MAX).min(rows.num_rows());
    let fresh = rows.slice(stored, rows.num_rows() - stored);
    let kept = match dedup {
        Some(dedup) => {
            dedup.keep(rows.slice(0, stored))?;
            dedup.keep(fresh.clone())?
        }
        None => fresh.clone(),
    };
    let mut batch = LineBatch {
        file: file.index,
        rows_done: before + rows.num_rows() as u64,
        line_count: 0,
        rows_dropped: (fresh.num_rows() - kept.num_rows()) as u64,
        rows_empty: 0,
        body: Vec::new(),
    };
    let columns = columns(&file.schema, &kept);
    let times = times(&kept);
    let mut line = Line::default();
    for (row, time) in times.iter().enumerate() {
        line.clear();
        line.measurement = table.as_str().into();
        line.timestamp = Some(*time);
        for column in &columns {
            column.add(row, &mut line);
        }
        if line.fields.is_empty() {
            batch.rows_empty += 1;
            continue;
        }
        if let Err(error) = encode(&line, &mut batch.body) {
            let problem = format!("row {} at {time} cannot be sent: {error}", before + (stored + row) as u64 + 1);
            return Ok(Err(FileError::Other(problem)));
        }
        batch.line_count += 1;
    }
    Ok(Ok((batch.line_count > 0).then_some(batch)))
}

/// A column, ready to be read row by row.
enum Column<'a> {
    Tag(&'a str, &'a arrow_array::DictionaryArray<Int32Type>, &'a arrow_array::StringArray),
    Float(&'a str, &'a arrow_array::Float64Array),
    Integer(&'a str, &'a arrow_array::Int64Array),
    Unsigned(&'a str, &'a arrow_array::UInt64Array),
    Boolean(&'a str, &'a arrow_array::BooleanArray),
    Text(&'a str, &'a arrow_array::StringArray),
}

/// The tags in the table's order, then the fields.
fn columns<'a>(schema: &TableSchema, rows: &'a RecordBatch) -> Vec<Column<'a>> {
    let mut columns: Vec<(usize, Column<'a>)> = Vec::with_capacity(rows.num_columns());
    for (field, column) in rows.schema_ref().fields().iter().zip(rows.columns()) {
        let name = field.name().as_str();
        if name == TIME_COLUMN {
            continue;
        }
        let read = match column.data_type() {
            DataType::Dictionary(_, _) => {
                let tags = column.as_dictionary_opt::<Int32Type>();
                tags.and_then(|tags| Some(Column::Tag(name, tags, tags.values().as_string_opt()?)))
            }
            DataType::Float64 => column.as_primitive_opt::<Float64Type>().map(|column| Column::Float(name, column)),
            DataType::Int64 => column.as_primitive_opt::<Int64Type>().map(|column| Column::Integer(name, column)),
            DataType::UInt64 => column.as_primitive_opt::<UInt64Type>().map(|column| Column::Unsigned(name, column)),
            DataType::Boolean => column.as_boolean_opt().map(|column| Column::Boolean(name, column)),
            _ => column.as_string_opt::<i32>().map(|column| Column::Text(name, column)),
        };
        let place = match schema.kind(name) {
            Some(ColumnKind::Tag) => schema.tags().iter().position(|tag| **tag == *name).unwrap_or_default(),
            _ => usize::MAX,
        };
        columns.extend(read.map(|read| (place, read)));
    }
    columns.sort_by_key(|(place, _)| *place);
    columns.into_iter().map(|(_, column)| column).collect()
}

impl<'a> Column<'a> {
    fn add(&self, row: usize, line: &mut Line<'a>) {
        let (name, value) = match self {
            Self::Tag(name, tags, values) => {
                let value = tags.key(row).filter(|key| *key < values.len()).map(|key| values.value(key));
                line.tags.extend(value.filter(|value| !value.is_empty()).map(|value| ((*name).into(), value.into())));
                return;
            }
            // Line protocol has no words for other numbers.
            Self::Float(name, values) => {
                let value = values.is_valid(row).then(|| values.value(row)).filter(|value| value.is_finite());
                (name, value.map(FieldValue::Float))
            }
            Self::Integer(name, values) => (name, values.is_valid(row).then(|| FieldValue::Integer(values.value(row)))),
            Self::Unsigned(name, values) => {
                (name, values.is_valid(row).then(|| FieldValue::Unsigned(values.value(row))))
            }
            Self::Boolean(name, values) => (name, values.is_valid(row).then(|| FieldValue::Boolean(values.value(row)))),
            Self::Text(name, values) => {
                (name, values.is_valid(row).then(|| FieldValue::String(values.value(row).into())))
            }
        };
        line.fields.extend(value.map(|value| ((*name).into(), value)));
    }
}

#[cfg(test)]
mod tests;
