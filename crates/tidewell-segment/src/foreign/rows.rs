//! The rows of a foreign file, batch by batch; says which bytes it needs and does no IO of its own.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use bytes::Bytes;
use tidewell_types::{ColumnKind, FieldType};

use super::cast::{Bad, cast};
use super::group::{Decoded, Decoding, Gathering, Leaves};
use super::known_dictionary::KnownDictionary;
use super::plan::{PlanColumn, Source};
use super::tags::constant_tag;
use super::text::Texts;
use super::{Footer, ForeignError, Plan};

/// Arrow counts the text of a column with 31 bits.
const TEXT_BYTES_MAX: u64 = 1 << 30;

/// What reading may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowLimits {
    /// Most rows a batch; at least 1.
    pub batch_rows: usize,
    /// Most bytes that are held at once: a row group's columns as they are packed, a page and a dictionary of each
    /// unpacked, and a batch. Of unpacked data no more than this is ever made, whatever the file announces.
    pub memory_bytes_max: u64,
}

impl Default for RowLimits {
    fn default() -> Self {
        Self { batch_rows: 8192, memory_bytes_max: 512 << 20 }
    }
}

impl RowLimits {
    pub(crate) fn check(&self, what: String, bytes: u64) -> Result<(), ForeignError> {
        if bytes < self.memory_bytes_max {
            return Ok(());
        }
        Err(ForeignError::TooLarge { what, bytes, bytes_max: self.memory_bytes_max })
    }
}

/// What [`Rows`] wants or gives.
#[derive(Debug)]
pub enum RowsStep {
    /// These bytes of the file (one range a column, of one row group) are needed to go on; fetch and push them.
    Need(Vec<Range<u64>>),
    /// The next rows, in the file's order, under [`TableSchema::arrow`](tidewell_types::TableSchema::arrow) of the
    /// plan's schema; never empty. They are in write order: not sorted, and identities may be there twice.
    Batch(RecordBatch),
    /// All rows were given out, and they were as many as the footer says.
    Done,
}

/// Decodes a foreign file row group by row group.
///
/// Whoever stores its rows stores them once [`RowsStep::Done`] came: an error in a later row group refuses all of the
/// file.
pub struct Rows {
    footer: Footer,
    plan: Plan,
    leaves: Leaves,
    limits: RowLimits,
    schema: SchemaRef,
    /// The row groups that are still to be read, with the number of rows before each.
    todo: VecDeque<(usize, u64)>,
    state: State,
    /// Rows before the next decoded batch.
    next_row: u64,
    /// Decoded rows that are still to be cast, with the number of rows before each.
    decoded: Vec<(u64, Decoded)>,
    /// The dictionaries of the plan's columns.
    dictionaries: Vec<KnownDictionary>,
}

enum State {
    Between,
    Gathering(Gathering),
    Decoding(Box<Decoding>),
    Failed,
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows")
            .field("plan", &self.plan)
            .field("limits", &self.limits)
            .field("todo", &self.todo)
            .finish()
    }
}

impl Rows {
    /// A reader of all rows of the file.
    ///
    /// # Errors
    /// [`ForeignError::Columns`] as [`Plan::check`] says it; [`ForeignError::Corrupt`] when the schema makes no sense.
    pub fn new(footer: &Footer, plan: &Plan, limits: RowLimits) -> Result<Self, ForeignError> {
        Self::of_groups(footer, plan, limits, 0..footer.parquet().num_row_groups())
    }

    /// A reader of some row groups, in the order given.
    ///
    /// # Errors
    /// Those of [`new`](Self::new); [`ForeignError::Internal`] when a row group is not there.
    pub fn of_groups(
        footer: &Footer,
        plan: &Plan,
        limits: RowLimits,
        row_groups: impl IntoIterator<Item = usize>,
    ) -> Result<Self, ForeignError> {
        plan.check()?;
        let counts = footer.row_group_rows();
        let mut todo = VecDeque::new();
        for row_group in row_groups {
            let count = counts.get(row_group);
            let count = count.ok_or_else(|| ForeignError::internal(format!("there is no row group {row_group}")))?;
            if *count > 0 {
                todo.push_back((row_group, counts.iter().take(row_group).sum()));
            }
        }
        Ok(Self {
            footer: footer.clone(),
            plan: plan.clone(),
            leaves: Leaves::of(footer, plan)?,
            limits,
            schema: plan.schema().arrow(),
            todo,
            state: State::Between,
            next_row: 0,
            decoded: Vec::new(),
            dictionaries: plan.columns().iter().map(|_| KnownDictionary::default()).collect(),
        })
    }

    /// Goes on until bytes are needed or a batch is ready.
    ///
    /// # Errors
    /// [`ForeignError::Value`] naming the row and the column, [`ForeignError::Corrupt`], [`ForeignError::TooLarge`];
    /// no more rows come, and nothing of the file is to be kept.
    pub fn step(&mut self) -> Result<RowsStep, ForeignError> {
        let step = self.try_step();
        if step.is_err() {
            self.state = State::Failed;
            self.decoded.clear();
        }
        step
    }

    fn try_step(&mut self) -> Result<RowsStep, ForeignError> {
        loop {
            if let Some((before, decoded)) = self.decoded.pop() {
                if let Some(batch) = self.cast_or_halve(before, decoded)? {
                    return Ok(RowsStep::Batch(batch));
                }
                continue;
            }
            match std::mem::replace(&mut self.state, State::Between) {
                State::Failed => return Err(ForeignError::corrupt("it failed before")),
                State::Between => {
                    let Some((row_group, before)) = self.todo.pop_front() else { return Ok(RowsStep::Done) };
                    self.next_row = before;
                    let gathering = Gathering::new(&self.footer, &self.leaves, row_group, &self.limits)?;
                    self.state = State::Gathering(gathering);
                }
                State::Gathering(gathering) => {
                    let missing = gathering.missing();
                    if !missing.is_empty() {
                        self.state = State::Gathering(gathering);
                        return Ok(RowsStep::Need(missing));
                    }
                    let decoding = gathering.open(&self.footer, &self.plan, &self.leaves, &self.limits)?;
                    self.state = State::Decoding(Box::new(decoding));
                }
                State::Decoding(mut decoding) => {
                    if let Some(decoded) = decoding.next()? {
                        let before = self.next_row;
                        self.next_row += decoded.rows.num_rows() as u64;
                        self.decoded.push((before, decoded));
                        self.state = State::Decoding(decoding);
                    }
                }
            }
        }
    }

    /// Gives bytes of the file: the ranges that were asked for, in any order, or longer ones that hold them.
    ///
    /// # Errors
    /// [`ForeignError::Internal`] when the ranges and the bytes do not go together, or none were asked for.
    pub fn push(&mut self, ranges: &[Range<u64>], data: Vec<Bytes>) -> Result<(), ForeignError> {
        let State::Gathering(gathering) = &mut self.state else {
            return Err(ForeignError::internal("no bytes were asked for"));
        };
        if ranges.len() != data.len() {
            return Err(ForeignError::internal("as many ranges as pieces of data are needed"));
        }
        for (range, bytes) in ranges.iter().zip(data) {
            if range.end.checked_sub(range.start) != Some(bytes.len() as u64) {
                return Err(ForeignError::internal("a piece of data is not as long as its range"));
            }
            gathering.push(range, &bytes);
        }
        Ok(())
    }

    /// The next rows of a file that can be read in place; `None` after the last.
    ///
    /// # Errors
    /// Those of [`step`](Self::step) within; the outer error is the source's own.
    pub fn next_from(
        &mut self,
        file: &mut (impl Read + Seek),
    ) -> io::Result<Result<Option<RecordBatch>, ForeignError>> {
        loop {
            match self.step() {
                Err(error) => return Ok(Err(error)),
                Ok(RowsStep::Done) => return Ok(Ok(None)),
                Ok(RowsStep::Batch(batch)) => return Ok(Ok(Some(batch))),
                Ok(RowsStep::Need(ranges)) => {
                    let data: io::Result<Vec<Bytes>> = ranges.iter().map(|range| read_range(file, range)).collect();
                    if let Err(error) = self.push(&ranges, data?) {
                        return Ok(Err(error));
                    }
                }
            }
        }
    }

    /// Casts decoded rows; where their text is too much at once, puts both halves back.
    fn cast_or_halve(&mut self, before: u64, decoded: Decoded) -> Result<Option<RecordBatch>, ForeignError> {
        let bytes_max = match &self.state {
            State::Decoding(decoding) => decoding.batch_bytes_max,
            _ => self.limits.memory_bytes_max,
        };
        let mut columns: Vec<Option<ArrayRef>> = Vec::with_capacity(self.plan.columns().len());
        let mut text_bytes = 0;
        for column in self.plan.columns() {
            let Source::File { path, .. } = &column.source else {
                columns.push(None);
                continue;
            };
            let array = decoded.column(path).map_err(|bad| value_error(before, column, bad))?;
            if column.kind == ColumnKind::Field(FieldType::String) {
                text_bytes += Texts::of(&array).map_or(0, |texts| texts.total_bytes());
            }
            columns.push(Some(array));
        }
        let rows = decoded.rows.num_rows();
        let bytes_max = bytes_max.min(TEXT_BYTES_MAX);
        if text_bytes > bytes_max {
            let half = rows / 2;
            if half == 0 {
                let what = format!("row {}", before + 1);
                return Err(ForeignError::TooLarge { what, bytes: text_bytes, bytes_max });
            }
            drop(columns);
            self.decoded.push((before + half as u64, decoded.slice(half, rows - half)));
            self.decoded.push((before, decoded.slice(0, half)));
            return Ok(None);
        }
        self.cast(before, rows, columns).map(Some)
    }

    fn cast(&mut self, before: u64, rows: usize, arrays: Vec<Option<ArrayRef>>) -> Result<RecordBatch, ForeignError> {
        let mut by_name = Vec::with_capacity(arrays.len());
        let columns = self.plan.columns().iter().zip(&mut self.dictionaries);
        for ((column, dictionary), array) in columns.zip(arrays) {
            let array = match (array, &column.source) {
                (Some(array), _) => cast(&array, column.kind, self.plan.options(), dictionary),
                (None, Source::Path(value)) => constant_tag(value.as_deref(), rows),
                (None, Source::File { .. }) => constant_tag(None, rows),
            };
            let array = array.map_err(|bad| value_error(before, column, bad))?;
            by_name.push((Arc::clone(&column.name), array));
        }
        by_name.sort_by(|a, b| a.0.cmp(&b.0));
        let columns = by_name.into_iter().map(|(_, array)| array).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(|error| ForeignError::internal(error.to_string()))
    }
}

fn value_error(before: u64, column: &PlanColumn, bad: Bad) -> ForeignError {
    ForeignError::Value { row: before + bad.row as u64 + 1, column: column.file_name(), problem: bad.problem }
}

fn read_range(file: &mut (impl Read + Seek), range: &Range<u64>) -> io::Result<Bytes> {
    file.seek(SeekFrom::Start(range.start))?;
    // No longer than the limits allow: the row group was compared with them.
    let mut bytes = Vec::with_capacity((range.end - range.start) as usize);
    let read = file.by_ref().take(range.end - range.start).read_to_end(&mut bytes)?;
    if read as u64 != range.end - range.start {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file is shorter than its metadata says"));
    }
    Ok(Bytes::from(bytes))
}
