//! Reading a registered file: only the content that was registered, only what is asked for, and nothing of it believed.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::RecordBatch;
use bytes::Bytes;
use tidewell_segment::foreign::{Footer, ForeignError, ForeignOptions, Plan, RowLimits, Rows, RowsStep, Survey};
use tidewell_storage::{FileUrl, ForeignStores, Meter, ObjectName, Pin, StorageError, Store, Tag};
use tidewell_types::{ColumnKind, TableSchema, TimeBounds};

use crate::entry::{SegmentEntry, TagBounds};
use crate::foreign::ForeignFile;
use crate::registration::Facts;

/// How often metadata is fetched again because it is longer than was said.
const TAILS_MAX: u32 = 3;

/// Why a registered file cannot be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FileError {
    /// It has another content by now.
    #[error(
        "registered file {url} has changed since it was registered: register it again, or unregister it ({problem})"
    )]
    Changed {
        /// The file.
        url: String,
        /// How it differs.
        problem: String,
    },
    /// It is not there any more.
    #[error("registered file {url} is gone: put it back as it was, or unregister it")]
    Gone {
        /// The file.
        url: String,
    },
    /// Its store does not give it; where that may pass, try again.
    #[error("registered file {url}: {source}")]
    Storage {
        /// The file.
        url: String,
        /// What its store says.
        source: StorageError,
    },
    /// Its bytes or values are not what a table can have.
    #[error("registered file {url} cannot be read: {problem}; unregister it, or register a corrected one")]
    Unreadable {
        /// The file.
        url: String,
        /// What is wrong.
        problem: String,
    },
    /// Reading it takes more memory than is allowed.
    #[error(
        "registered file {url} takes more memory than is allowed: {problem}; raise the limit, or import the file in place of \
         registering it"
    )]
    TooLarge {
        /// The file.
        url: String,
        /// What takes how much.
        problem: String,
    },
}

/// A registered file whose metadata is at hand.
#[derive(Clone, Debug)]
pub struct RegisteredFile {
    file: Arc<ForeignFile>,
    store: Store,
    name: ObjectName,
    pin: Pin,
    footer: Footer,
}

/// What a look at all rows of a file found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileLook {
    /// What the file is as a whole.
    pub facts: Facts,
    /// The span of each row group; `None` for one without rows.
    pub row_groups: Vec<Option<TimeBounds>>,
}

impl RegisteredFile {
    /// Reads the metadata of a file, with one request as a rule. Requests count with `meter`.
    ///
    /// # Errors
    /// Any [`FileError`]; [`FileError::Unreadable`] for an entry that is no registered file.
    pub async fn open(entry: &SegmentEntry, stores: &ForeignStores, meter: &Meter) -> Result<Self, FileError> {
        let file = entry.foreign.clone().ok_or_else(|| FileError::Unreadable {
            url: entry.object.clone(),
            problem: "it is no registered file".to_owned(),
        })?;
        let url = &file.url;
        let parsed: FileUrl = url.parse().map_err(|error| unreadable(url, &error))?;
        let (store, name) = stores.locate(&parsed, meter).map_err(|error| of_storage(url, error))?;
        let pin = Pin { bytes: entry.file_bytes, tag: Tag::from_text(&file.tag) };
        let mut tail_bytes = entry.footer_bytes.clamp(1, entry.file_bytes.max(1));
        for _ in 0..TAILS_MAX {
            let range = entry.file_bytes.saturating_sub(tail_bytes)..entry.file_bytes;
            let tails = store.get_ranges_pinned(&name, &pin, std::slice::from_ref(&range)).await;
            let tail = tails.map_err(|error| of_storage(url, error))?.into_iter().next().unwrap_or_default();
            match Footer::parse(&tail, entry.file_bytes) {
                Ok(footer) => return Ok(Self { file, store, name, pin, footer }),
                Err(ForeignError::TailTooShort { needed_bytes }) if needed_bytes <= entry.file_bytes => {
                    tail_bytes = needed_bytes;
                }
                Err(error) => return Err(of_foreign(url, &error)),
            }
        }
        Err(unreadable(url, &"its metadata is longer each time it is read"))
    }

    /// The same file, read with the counters of `meter`.
    #[must_use]
    pub fn metered_by(&self, meter: &Meter) -> Self {
        Self { store: self.store.metered_by(meter), ..self.clone() }
    }

    /// What its metadata holds in memory, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.footer.memory_bytes()
    }

    /// How many row groups it has.
    #[must_use]
    pub fn row_group_count(&self) -> usize {
        self.footer.row_group_rows().len()
    }

    /// Its rows in the order of the file: the time, all tags, and of the fields those that `is_wanted`; only of some row
    /// groups, where they are given. Makes no request.
    ///
    /// # Errors
    /// [`FileError::Unreadable`] where the file does not have what its mapping names.
    pub fn rows(
        &self,
        is_wanted: impl Fn(&str) -> bool,
        row_groups: Option<Vec<usize>>,
        limits: RowLimits,
    ) -> Result<FileRows, FileError> {
        let url = &self.file.url;
        let whole = Plan::new(&self.footer, &self.file.mapping).map_err(|error| of_foreign(url, &error))?;
        whole.check().map_err(|error| of_foreign(url, &error))?;
        let fields = whole.columns().iter().filter(|column| matches!(column.kind, ColumnKind::Field(_)));
        let columns = fields.filter(|column| is_wanted(&column.name)).map(|column| column.file_name()).collect();
        let options = ForeignOptions { columns: Some(columns), ..self.file.mapping.clone() };
        let plan = Plan::new(&self.footer, &options).map_err(|error| of_foreign(url, &error))?;
        let rows = match row_groups {
            Some(groups) => Rows::of_groups(&self.footer, &plan, limits, groups),
            None => Rows::new(&self.footer, &plan, limits),
        };
        Ok(FileRows { rows: rows.map_err(|error| of_foreign(url, &error))?, file: self.clone() })
    }

    async fn fetch(&self, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, FileError> {
        let bytes = self.store.get_ranges_pinned(&self.name, &self.pin, ranges).await;
        bytes.map_err(|error| of_storage(&self.file.url, error))
    }

    /// Looks at the time and the tags of every row, row group by row group.
    ///
    /// # Errors
    /// Any [`FileError`].
    pub async fn look(&self, schema: &TableSchema, limits: RowLimits) -> Result<FileLook, FileError> {
        let url = &self.file.url;
        let plan = Plan::new(&self.footer, &self.file.mapping).map_err(|error| of_foreign(url, &error))?;
        let field_count = plan.schema().fields().len() as u64;
        let mut survey = Survey::new(schema).map_err(|error| unreadable(url, &error))?;
        let mut row_groups = Vec::with_capacity(self.row_group_count());
        for row_group in 0..self.row_group_count() {
            let mut rows = self.rows(|_| false, Some(vec![row_group]), limits)?;
            let mut span: Option<TimeBounds> = None;
            while let Some(batch) = rows.next().await? {
                let seen = survey.see(&batch).map_err(|error| unreadable(url, &error))?;
                span = [span, seen].into_iter().flatten().reduce(|span, seen| span.union(&seen));
            }
            row_groups.push(span);
        }
        let found = survey.finish();
        let of_file = |tag: &&tidewell_segment::TagStats| plan.schema().kind(&tag.tag).is_some();
        let tags = found.tags.iter().filter(of_file).map(|tag| TagBounds {
            tag: tag.tag.clone(),
            min: tag.min.clone(),
            max: tag.max.clone(),
            null_count: tag.null_count,
        });
        let facts = Facts {
            time: found.time.unwrap_or(Facts::none().time),
            tags: tags.collect(),
            row_count: found.row_count,
            value_count: found.row_count.saturating_mul(field_count),
            is_sorted: found.is_sorted,
        };
        Ok(FileLook { facts, row_groups })
    }
}

/// The rows of a registered file, batch by batch.
#[derive(Debug)]
pub struct FileRows {
    rows: Rows,
    file: RegisteredFile,
}

impl FileRows {
    /// The next rows, under the file's own columns; `None` after the last. A request or more for each row group.
    ///
    /// # Errors
    /// Any [`FileError`]; no more rows come, and what came before is not to be kept.
    pub async fn next(&mut self) -> Result<Option<RecordBatch>, FileError> {
        self.next_within(|_| Ok(())).await
    }

    /// The same; `reserve` is told how many bytes are about to be fetched, and may refuse.
    ///
    /// # Errors
    /// As [`FileRows::next`], and what `reserve` says.
    pub async fn next_within<E: From<FileError>>(
        &mut self,
        mut reserve: impl FnMut(u64) -> Result<(), E>,
    ) -> Result<Option<RecordBatch>, E> {
        let url = &self.file.file.url;
        loop {
            match self.rows.step().map_err(|error| of_foreign(url, &error))? {
                RowsStep::Done => return Ok(None),
                RowsStep::Batch(batch) => return Ok(Some(batch)),
                RowsStep::Need(ranges) => {
                    reserve(ranges.iter().map(|range| range.end.saturating_sub(range.start)).sum())?;
                    let bytes = self.file.fetch(&ranges).await?;
                    self.rows.push(&ranges, bytes).map_err(|error| of_foreign(url, &error))?;
                }
            }
        }
    }
}

fn unreadable(url: &str, problem: &impl ToString) -> FileError {
    FileError::Unreadable { url: url.to_owned(), problem: problem.to_string() }
}

fn of_foreign(url: &str, error: &ForeignError) -> FileError {
    match error {
        ForeignError::TooLarge { .. } => FileError::TooLarge { url: url.to_owned(), problem: error.to_string() },
        error => unreadable(url, error),
    }
}

fn of_storage(url: &str, source: StorageError) -> FileError {
    let url = url.to_owned();
    match source {
        StorageError::Changed { cause, .. } => FileError::Changed { url, problem: cause.to_string() },
        StorageError::NotFound { .. } => FileError::Gone { url },
        source => FileError::Storage { url, source },
    }
}
