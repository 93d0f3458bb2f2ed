//! The rows of a batch while it is read.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, RecordBatchOptions, TimestampNanosecondArray};
use arrow_schema::{Field, Schema};
use tidewell_types::{TIME_COLUMN, time_data_type};

use crate::block::{Block, Fault};
use crate::column::{Column, Rules};
use crate::error::{CsvError, TimeError};
use crate::plan::{ColumnRole, CsvPlan};
use crate::rejected::{RejectReason, shorten};
use crate::short_time::{LastDate, short_time};
use crate::time_column::{TimeReading, join};
use crate::timezone::LocalClock;
use crate::types::CsvTypes;

/// The tags and fields of a batch, and its times.
#[derive(Debug)]
pub(crate) struct Rows {
    plan: CsvPlan,
    rules: Rules,
    clock: LocalClock,
    last_date: LastDate,
    /// In alphabetical order of their names.
    columns: Vec<Column>,
    /// Columns that have no name and may have no values.
    unnamed: Vec<usize>,
    times: Vec<i64>,
    /// The bytes of all records since the batch began, in the file.
    bytes: usize,
    scratch: Vec<u8>,
}

impl Rows {
    pub(crate) fn new(plan: CsvPlan) -> Self {
        let mut columns = Vec::new();
        let mut unnamed = Vec::new();
        for (place, column) in plan.columns.iter().enumerate() {
            match column.role {
                ColumnRole::Tag => columns.push((column.name.clone(), Column::tag(place))),
                ColumnRole::Field(_) if column.name.is_empty() => unnamed.push(place),
                ColumnRole::Field(field_type) => {
                    columns.push((column.name.clone(), Column::field(place, field_type, column.may_widen)));
                }
                ColumnRole::Time | ColumnRole::Skipped => {}
            }
        }
        columns.sort_by(|a, b| a.0.cmp(&b.0));
        Self {
            rules: Rules { decimal_mark: plan.decimal_mark, missing: plan.missing.clone() },
            clock: LocalClock::new(plan.timezone, plan.local_times),
            last_date: LastDate::default(),
            columns: columns.into_iter().map(|(_, column)| column).collect(),
            unnamed,
            times: Vec::new(),
            bytes: 0,
            scratch: Vec::new(),
            plan,
        }
    }

    /// What the columns are behind the last row.
    pub(crate) fn types(&self) -> CsvTypes {
        CsvTypes { columns: self.columns.iter().map(Column::so_far).collect() }
    }

    /// Takes over what the columns are before the first row.
    pub(crate) fn read_on(&mut self, from: &CsvTypes) {
        self.columns.iter_mut().zip(&from.columns).for_each(|(column, from)| column.read_on(*from));
    }

    pub(crate) fn plan(&self) -> &CsvPlan {
        &self.plan
    }

    /// The plan with the types that the columns have.
    pub(crate) fn into_plan(self) -> CsvPlan {
        let mut plan = self.plan;
        for column in &self.columns {
            if let Some(planned) = plan.columns.get_mut(column.place())
                && matches!(planned.role, ColumnRole::Field(_))
            {
                planned.role = ColumnRole::Field(column.field_type());
            }
        }
        plan
    }

    pub(crate) fn add_bytes(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    pub(crate) fn is_full(&self) -> bool {
        self.is_full_with(0)
    }

    /// Whether a batch with so many rows more is full.
    pub(crate) fn is_full_with(&self, more: usize) -> bool {
        self.times.len() + more >= self.plan.limits.batch_rows_max || self.bytes >= self.plan.limits.batch_bytes_max
    }

    /// Adds the rows of a block, or finds its faults; with any, the rows are to be taken back.
    pub(crate) fn append(&mut self, block: &Block<'_>, faults: &mut Vec<Fault>) {
        self.append_times(block, faults);
        for column in &mut self.columns {
            column.append(block, &self.rules, &mut self.scratch, faults);
        }
        for place in &self.unnamed {
            for (row, cell) in block.column(*place).enumerate() {
                if !block.text(cell, &mut self.scratch).is_empty() {
                    faults.push(Fault { row, column: *place, reason: RejectReason::NoName });
                }
            }
        }
    }

    fn append_times(&mut self, block: &Block<'_>, faults: &mut Vec<Fault>) {
        if matches!(self.plan.time, TimeReading::Absent) {
            self.times.resize(self.times.len() + block.rows.len(), 0);
            return;
        }
        let mut joined = std::mem::take(&mut self.scratch);
        let mut clock = self.clock.clone();
        let single = match (&self.plan.time, self.plan.time_columns.as_slice()) {
            (TimeReading::Joined(reading), [place]) => Some((reading, *place)),
            _ => None,
        };
        self.times.reserve(block.rows.len());
        for (row, span) in block.rows.iter().enumerate() {
            if let Some((reading, place)) = single
                && let Some(cell) = block.cells.get(span.first + place)
                && let Some(ns) = short_time(reading, block.bytes, cell.place(), &mut self.last_date, &mut clock)
            {
                self.times.push(ns);
                continue;
            }
            let cells = self.plan.time_columns.iter().map(|place| match block.cells.get(span.first + place) {
                Some(cell) => cell.raw(block.bytes),
                None => &[],
            });
            let time = match self.plan.time.read(cells.clone(), &mut joined, &mut clock) {
                Err(_) if cells.clone().any(|cell| self.is_marked_missing(cell)) => Err(TimeError::Missing),
                time => time,
            };
            self.times.push(time.unwrap_or_else(|reason| {
                let column = self.plan.time_columns.first().copied().unwrap_or_default();
                faults.push(Fault { row, column, reason: RejectReason::Time(reason) });
                0
            }));
        }
        self.scratch = joined;
        self.clock = clock;
    }

    fn is_marked_missing(&self, cell: &[u8]) -> bool {
        !cell.is_empty() && self.rules.missing.is_text_marker(cell)
    }

    /// Takes back the last rows.
    pub(crate) fn undo(&mut self, count: usize) {
        let kept = self.times.len().saturating_sub(count);
        self.times.truncate(kept);
        self.columns.iter_mut().for_each(|column| column.truncate(kept));
    }

    /// The name of the column at fault, and what stands there.
    pub(crate) fn name_fault(&self, block: &Block<'_>, fault: &Fault) -> (String, String) {
        let row = block.rows.get(fault.row);
        let cell = |place: usize| row.and_then(|row| block.cells.get(row.first + place));
        let mut text = Vec::new();
        if matches!(fault.reason, RejectReason::Time(_)) {
            let cells =
                self.plan.time_columns.iter().map(|place| cell(*place).map_or(&b""[..], |cell| cell.raw(block.bytes)));
            join(cells, &mut text);
            return (self.plan.time_name(), shorten(&text));
        }
        let name = self.plan.columns.get(fault.column).map_or("", |column| column.name.as_str());
        let name = if name.is_empty() { format!("column {}", fault.column + 1) } else { name.to_owned() };
        (name, shorten(block.text(cell(fault.column), &mut text)))
    }

    /// Ends the batch, and gives it where it has rows.
    pub(crate) fn take(&mut self) -> Result<Option<RecordBatch>, CsvError> {
        self.bytes = 0;
        if self.times.is_empty() {
            return Ok(None);
        }
        let times = std::mem::take(&mut self.times);
        let mut columns: Vec<(Field, ArrayRef)> = Vec::with_capacity(self.columns.len() + 1);
        for column in &mut self.columns {
            let name = self.plan.columns.get(column.place()).map_or("", |column| column.name.as_str());
            if let Some(array) = column.take()? {
                columns.push((Field::new(name, array.data_type().clone(), true), array));
            }
        }
        let row_count = RecordBatchOptions::new().with_row_count(Some(times.len()));
        if !matches!(self.plan.time, TimeReading::Absent) {
            let time = Field::new(TIME_COLUMN, time_data_type(), false);
            let at = columns.partition_point(|(field, _)| field.name().as_str() < TIME_COLUMN);
            columns.insert(at, (time, Arc::new(TimestampNanosecondArray::new(times.into(), None))));
        }
        let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
        Ok(Some(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &row_count)?))
    }
}
