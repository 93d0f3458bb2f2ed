//! The rows of one table while a body is read, column by column.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Float64Builder, Int64Builder, StringBuilder, StringDictionaryBuilder, UInt64Builder,
};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch, TimestampNanosecondArray};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use tidewell_line_protocol::{FieldValue, Line};
use tidewell_types::{
    ColumnKind, FieldType, SchemaError, TIME_COLUMN, TableName, TableRows, TableSchema, TimestampNs, tag_data_type,
    time_data_type,
};

use crate::admit::AdmitLimits;

enum Values {
    Tag(StringDictionaryBuilder<Int32Type>),
    Float(Float64Builder),
    Integer(Int64Builder),
    Unsigned(UInt64Builder),
    Boolean(BooleanBuilder),
    String(StringBuilder),
}

struct Column {
    name: Box<str>,
    kind: ColumnKind,
    values: Values,
    /// Rows that have a value or a NULL here so far; the rest are filled up when the next value comes.
    rows: usize,
}

/// Why a line does not fit its table.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Misfit {
    #[error(transparent)]
    Schema(#[from] SchemaError),
    #[error("table would have more than {0} columns: split it into several tables, or raise the limit")]
    Columns(usize),
    #[error("table would have more than {0} tags: make some of them fields, or raise the limit")]
    Tags(usize),
    #[error("column {0:?} is of type {1}, which is none of a tag, field or time: cast it")]
    Type(String, DataType),
    #[error("rows have no time: name one column `time`, a timestamp in nanoseconds without NULL")]
    NoTime,
    #[error("column {0:?} is there twice: rename one")]
    Twice(String),
}

impl Misfit {
    /// Whether a table with so many columns and tags is beyond its limits.
    pub(crate) fn of_counts(columns: usize, tags: usize, limits: &AdmitLimits) -> Result<(), Self> {
        match (columns > limits.columns_max, tags > limits.tags_max) {
            (true, _) => Err(Self::Columns(limits.columns_max)),
            (_, true) => Err(Self::Tags(limits.tags_max)),
            _ => Ok(()),
        }
    }
}

/// The rows of one table.
pub(crate) struct TableColumns {
    name: TableName,
    known: Arc<TableSchema>,
    columns: Vec<Column>,
    index: HashMap<Box<str>, usize>,
    times: Vec<i64>,
    new_columns: usize,
    new_tags: usize,
    /// The slots of the line before: lines of one table mostly name the same columns in the same order.
    slots: Vec<usize>,
}

impl TableColumns {
    pub(crate) fn new(name: TableName, known: Arc<TableSchema>) -> Self {
        Self {
            name,
            known,
            columns: Vec::new(),
            index: HashMap::new(),
            times: Vec::new(),
            new_columns: 0,
            new_tags: 0,
            slots: Vec::new(),
        }
    }

    /// Adds a line's point, or nothing of it.
    pub(crate) fn push(&mut self, line: &Line<'_>, time: TimestampNs, limits: &AdmitLimits) -> Result<(), Misfit> {
        let columns_before = self.columns.len();
        let counts_before = (self.new_columns, self.new_tags);
        let mut slots = std::mem::take(&mut self.slots);
        let resolved = self.resolve(line, limits, &mut slots);
        self.slots = slots;
        if let Err(misfit) = resolved {
            for column in self.columns.drain(columns_before..) {
                self.index.remove(&column.name);
            }
            (self.new_columns, self.new_tags) = counts_before;
            self.slots.clear();
            return Err(misfit);
        }
        let row = self.times.len();
        self.times.push(time.as_ns());
        let (tag_slots, field_slots) = self.slots.split_at(line.tags.len());
        for ((_, value), slot) in line.tags.iter().zip(tag_slots) {
            if let Some(column) = self.columns.get_mut(*slot) {
                column.fill_to(row);
                column.push_tag(value);
            }
        }
        for ((_, value), slot) in line.fields.iter().zip(field_slots) {
            if let Some(column) = self.columns.get_mut(*slot) {
                column.fill_to(row);
                column.push_field(value);
            }
        }
        Ok(())
    }

    fn resolve(&mut self, line: &Line<'_>, limits: &AdmitLimits, slots: &mut Vec<usize>) -> Result<(), Misfit> {
        slots.resize(line.tags.len() + line.fields.len(), usize::MAX);
        let tags = line.tags.iter().map(|(name, _)| (&**name, ColumnKind::Tag));
        let fields = line.fields.iter().map(|(name, value)| (&**name, ColumnKind::Field(value.field_type())));
        for ((name, kind), slot) in tags.chain(fields).zip(slots.iter_mut()) {
            let guess = self.columns.get(*slot).filter(|column| *column.name == *name);
            let existing = match guess {
                Some(column) => Some(column.kind),
                None => match self.index.get(name) {
                    Some(known) => {
                        *slot = *known;
                        self.columns.get(*known).map(|column| column.kind)
                    }
                    None => None,
                },
            };
            match existing {
                Some(existing) if existing == kind => {}
                Some(existing) => {
                    return Err(SchemaError::Conflict { column: name.to_owned(), wanted: kind, existing }.into());
                }
                None => *slot = self.add(name, kind, limits)?,
            }
        }
        Ok(())
    }

    fn add(&mut self, name: &str, kind: ColumnKind, limits: &AdmitLimits) -> Result<usize, Misfit> {
        match self.known.kind(name) {
            Some(ColumnKind::Time) => return Err(SchemaError::Reserved.into()),
            Some(existing) if existing == kind => {}
            Some(existing) => {
                return Err(SchemaError::Conflict { column: name.to_owned(), wanted: kind, existing }.into());
            }
            None => self.count_new(kind, limits)?,
        }
        let slot = self.columns.len();
        self.columns.push(Column { name: name.into(), kind, values: Values::new(kind), rows: 0 });
        self.index.insert(name.into(), slot);
        Ok(slot)
    }

    fn count_new(&mut self, kind: ColumnKind, limits: &AdmitLimits) -> Result<(), Misfit> {
        self.new_columns += 1;
        self.new_tags += usize::from(kind == ColumnKind::Tag);
        Misfit::of_counts(self.known.column_count() + self.new_columns, self.known.tags().len() + self.new_tags, limits)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The columns that the table does not have yet, if any: new tags go to the end of the sort order, the ones with the
    /// fewest values first, since long runs of equal values compress and prune best.
    pub(crate) fn growth(&self) -> Option<(TableName, TableSchema)> {
        let mut tags: Vec<(usize, &str)> = Vec::new();
        let mut growth = TableSchema::new();
        for column in self.columns.iter().filter(|column| self.known.kind(&column.name).is_none()) {
            match (column.kind, &column.values) {
                (ColumnKind::Field(field_type), _) => drop(growth.add_field(&column.name, field_type)),
                (_, Values::Tag(values)) => tags.push((values.distinct_count(), &column.name)),
                _ => {}
            }
        }
        tags.sort_unstable();
        for (_, tag) in tags {
            drop(growth.add_tag(tag));
        }
        (growth.column_count() > 1).then(|| (self.name.clone(), growth))
    }

    /// The rows as a batch with its columns in alphabetical order.
    pub(crate) fn finish(mut self) -> Result<TableRows, ArrowError> {
        let row_count = self.times.len();
        let mut columns: Vec<(Field, ArrayRef)> = Vec::with_capacity(self.columns.len() + 1);
        for column in &mut self.columns {
            column.fill_to(row_count);
            let data_type = match column.kind {
                ColumnKind::Field(field_type) => field_type.data_type(),
                ColumnKind::Tag => tag_data_type(),
                ColumnKind::Time => time_data_type(),
            };
            columns.push((Field::new(&*column.name, data_type, true), column.values.finish()));
        }
        let times = TimestampNanosecondArray::from(self.times);
        columns.push((Field::new(TIME_COLUMN, time_data_type(), false), Arc::new(times)));
        columns.sort_by(|(a, _), (b, _)| a.name().cmp(b.name()));
        let (fields, arrays): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        let rows = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?;
        Ok(TableRows { table: self.name, rows })
    }
}

impl Column {
    fn fill_to(&mut self, row: usize) {
        let missing = row.saturating_sub(self.rows);
        if missing > 0 {
            self.values.push_nulls(missing);
            self.rows += missing;
        }
    }

    fn push_tag(&mut self, value: &str) {
        if let Values::Tag(values) = &mut self.values {
            values.append_value(value);
            self.rows += 1;
        }
    }

    /// The kinds agree: `resolve` has checked them.
    fn push_field(&mut self, value: &FieldValue<'_>) {
        match (&mut self.values, value) {
            (Values::Float(values), FieldValue::Float(value)) => values.append_value(*value),
            (Values::Integer(values), FieldValue::Integer(value)) => values.append_value(*value),
            (Values::Unsigned(values), FieldValue::Unsigned(value)) => values.append_value(*value),
            (Values::Boolean(values), FieldValue::Boolean(value)) => values.append_value(*value),
            (Values::String(values), FieldValue::String(value)) => values.append_value(value),
            _ => return,
        }
        self.rows += 1;
    }
}

impl Values {
    fn new(kind: ColumnKind) -> Self {
        match kind {
            ColumnKind::Field(FieldType::Float) => Self::Float(Float64Builder::new()),
            ColumnKind::Field(FieldType::Integer) => Self::Integer(Int64Builder::new()),
            ColumnKind::Field(FieldType::Unsigned) => Self::Unsigned(UInt64Builder::new()),
            ColumnKind::Field(FieldType::Boolean) => Self::Boolean(BooleanBuilder::new()),
            ColumnKind::Field(FieldType::String) => Self::String(StringBuilder::new()),
            ColumnKind::Tag | ColumnKind::Time => Self::Tag(StringDictionaryBuilder::new()),
        }
    }

    fn push_nulls(&mut self, count: usize) {
        match self {
            Self::Tag(values) => values.append_nulls(count),
            Self::Float(values) => values.append_nulls(count),
            Self::Integer(values) => values.append_nulls(count),
            Self::Unsigned(values) => values.append_nulls(count),
            Self::Boolean(values) => values.append_nulls(count),
            Self::String(values) => (0..count).for_each(|_| values.append_null()),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Tag(values) => Arc::new(values.finish()),
            Self::Float(values) => Arc::new(values.finish()),
            Self::Integer(values) => Arc::new(values.finish()),
            Self::Unsigned(values) => Arc::new(values.finish()),
            Self::Boolean(values) => Arc::new(values.finish()),
            Self::String(values) => Arc::new(values.finish()),
        }
    }
}

/// How many different values a dictionary under construction holds.
trait DistinctCount {
    fn distinct_count(&self) -> usize;
}

impl DistinctCount for StringDictionaryBuilder<Int32Type> {
    fn distinct_count(&self) -> usize {
        arrow_array::Array::len(self.finish_cloned().values())
    }
}
