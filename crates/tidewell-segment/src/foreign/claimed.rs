//! What a foreign footer says of the values: a claim, until the rows were seen.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType, UInt64Type};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::basic::Type as Physical;
use tidewell_types::{ColumnKind, FieldType};

use super::cast::cast;
use super::file_schema::read_type;
use super::known_dictionary::KnownDictionary;
use super::mapping::is_text;
use super::plan::{PlanColumn, Source};
use super::quiet::guarded;
use super::value_beyond::row_beyond;
use super::{Footer, ForeignError, Plan};
use crate::dictionary::{tag_array, tag_at};

/// A value in our form, to bound others of its column.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
pub enum StatValue {
    /// Of an integer field; of the time, in nanoseconds since the Unix epoch.
    Integer(i64),
    /// Of an unsigned field.
    Unsigned(u64),
    /// Of a float field; never NaN.
    Float(f64),
    /// Of a boolean field.
    Boolean(bool),
    /// Of a string field or a tag.
    Text(String),
}

/// What a footer claims of one column in one row group.
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimedColumn {
    /// The column's name in the table.
    pub name: Arc<str>,
    /// Rows that are NULL.
    pub null_count: Option<u64>,
    /// No value is below this.
    pub min: Option<StatValue>,
    /// No value is above this.
    pub max: Option<StatValue>,
}

/// What a footer claims of one row group. Writers err and files lie: it may order work, but no answer rests on it;
/// for that there is [`StatsCheck`].
#[derive(Clone, Debug, PartialEq)]
pub struct ClaimedStats {
    /// Rows.
    pub row_count: u64,
    /// One entry a column of the plan that comes from the top of the file's schema, in the plan's order. Columns that
    /// the footer says nothing of have neither bound.
    pub columns: Vec<ClaimedColumn>,
}

/// Claims that hold for the rows they were compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedStats(ClaimedStats);

impl CheckedStats {
    /// The statistics.
    #[must_use]
    pub fn get(&self) -> &ClaimedStats {
        &self.0
    }
}

impl Plan {
    /// What the footer claims of a row group, in our form; a claim that has no place there is left out.
    ///
    /// # Errors
    /// [`ForeignError::Internal`] when there is no such row group.
    pub fn claimed(&self, footer: &Footer, row_group: usize) -> Result<ClaimedStats, ForeignError> {
        let row_count = footer.row_group_rows().get(row_group).copied();
        let row_count =
            row_count.ok_or_else(|| ForeignError::internal(format!("there is no row group {row_group}")))?;
        let columns = self.columns().iter().filter_map(|column| claimed_column(self, column, footer, row_group));
        Ok(ClaimedStats { row_count, columns: columns.collect() })
    }
}

fn claimed_column(plan: &Plan, column: &PlanColumn, footer: &Footer, row_group: usize) -> Option<ClaimedColumn> {
    let Source::File { path, .. } = &column.source else { return None };
    let [name] = path.as_slice() else { return None };
    let mut claimed = ClaimedColumn { name: Arc::clone(&column.name), null_count: None, min: None, max: None };
    let parquet = footer.parquet();
    // The library finds the column by its place among all of them.
    let fields = plan.roots().iter().map(|(name, data_type)| {
        let data_type = data_type.as_ref().map_or(DataType::Null, |data_type| read_type(data_type, name, &|_| None));
        Field::new(name, data_type, true)
    });
    let schema = Schema::new(fields.collect::<Vec<_>>());
    let statistics = guarded("its statistics are unreadable", || {
        let file = parquet.file_metadata().schema_descr();
        let converter = StatisticsConverter::try_new(name, &schema, file)?.with_missing_null_counts_as_zero(false);
        let Some(leaf) = converter.parquet_column_index() else { return Ok(None) };
        // Nobody agrees on the order of INT96.
        if file.columns().get(leaf).is_none_or(|of| of.physical_type() == Physical::INT96 || of.max_rep_level() > 0) {
            return Ok(None);
        }
        let group = parquet.row_groups().get(row_group..=row_group).unwrap_or_default();
        let nulls = converter.row_group_null_counts(group)?;
        Ok(Some((nulls, converter.row_group_mins(group)?, converter.row_group_maxes(group)?)))
    });
    if let Ok(Some((nulls, min, max))) = statistics {
        claimed.null_count = nulls.iter().next().flatten();
        // Texts are not in the order of the numbers or times that they stand for.
        let keeps_order = match column.kind {
            ColumnKind::Tag => is_text(min.data_type()),
            ColumnKind::Time => !is_text(min.data_type()),
            ColumnKind::Field(_) => true,
        };
        if keeps_order {
            claimed.min = stat(plan, column, &min);
            claimed.max = stat(plan, column, &max);
        }
    }
    Some(claimed)
}

fn stat(plan: &Plan, column: &PlanColumn, value: &ArrayRef) -> Option<StatValue> {
    // As a time NULL is an error, and as a tag an empty text is NULL: both are no bound.
    let value = cast(value, column.kind, plan.options(), &mut KnownDictionary::default()).ok()?;
    values(column.kind, &value)?.next().flatten().filter(|value| value.partial_cmp(value).is_some())
}

/// The values of a column of ours; `None` where it has another type.
fn values<'a>(kind: ColumnKind, column: &'a ArrayRef) -> Option<Box<dyn Iterator<Item = Option<StatValue>> + 'a>> {
    Some(match kind {
        ColumnKind::Time => {
            let times = column.as_primitive_opt::<TimestampNanosecondType>()?;
            Box::new(times.iter().map(|value| value.map(StatValue::Integer)))
        }
        ColumnKind::Field(FieldType::Integer) => {
            Box::new(column.as_primitive_opt::<Int64Type>()?.iter().map(|value| value.map(StatValue::Integer)))
        }
        ColumnKind::Field(FieldType::Unsigned) => {
            Box::new(column.as_primitive_opt::<UInt64Type>()?.iter().map(|value| value.map(StatValue::Unsigned)))
        }
        ColumnKind::Field(FieldType::Float) => {
            Box::new(column.as_primitive_opt::<Float64Type>()?.iter().map(|value| value.map(StatValue::Float)))
        }
        ColumnKind::Field(FieldType::Boolean) => {
            Box::new(column.as_boolean_opt()?.iter().map(|value| value.map(StatValue::Boolean)))
        }
        ColumnKind::Field(FieldType::String) => {
            let texts = column.as_string_opt::<i32>()?.iter();
            Box::new(texts.map(|value| value.map(|text| StatValue::Text(text.to_owned()))))
        }
        ColumnKind::Tag => {
            let tags = tag_array(column).ok()?;
            let text = |row| tag_at(tags, row).ok().flatten();
            Box::new((0..column.len()).map(move |row| text(row).map(|text| StatValue::Text(text.to_owned()))))
        }
    })
}

/// Compares claims with the rows of their row group, batch by batch.
#[derive(Debug)]
pub struct StatsCheck {
    claimed: ClaimedStats,
    kinds: Vec<ColumnKind>,
    row_count: u64,
    null_counts: Vec<u64>,
}

impl StatsCheck {
    /// A check of `claimed`, which `plan` gave.
    #[must_use]
    pub fn new(plan: &Plan, claimed: ClaimedStats) -> Self {
        let kind = |column: &ClaimedColumn| plan.schema().kind(&column.name).unwrap_or(ColumnKind::Time);
        let kinds: Vec<ColumnKind> = claimed.columns.iter().map(kind).collect();
        Self { row_count: 0, null_counts: vec![0; kinds.len()], kinds, claimed }
    }

    /// Sees rows of the row group, as [`Rows`](super::Rows) gave them.
    ///
    /// # Errors
    /// [`ForeignError::Corrupt`] naming the column whose value lies outside its bounds: the footer lies.
    pub fn see(&mut self, rows: &RecordBatch) -> Result<(), ForeignError> {
        self.row_count += rows.num_rows() as u64;
        for ((claimed, kind), null_count) in self.claimed.columns.iter().zip(&self.kinds).zip(&mut self.null_counts) {
            let column = rows.column_by_name(&claimed.name);
            let column = column.ok_or_else(|| ForeignError::internal(format!("rows without {:?}", claimed.name)))?;
            *null_count += column.null_count() as u64;
            if let Some(row) = row_beyond(column, claimed) {
                let value = values(*kind, &column.slice(row, 1)).and_then(|mut values| values.next().flatten());
                let (name, min, max) = (&claimed.name, &claimed.min, &claimed.max);
                return Err(ForeignError::corrupt(format!(
                    "the footer's statistics lie: column {name:?} has {value:?}, said to be in {min:?} to {max:?}"
                )));
            }
        }
        Ok(())
    }

    /// The claims, once all rows of the row group were seen.
    ///
    /// # Errors
    /// [`ForeignError::Corrupt`] when a count of rows or NULLs is another: the footer lies.
    pub fn finish(self) -> Result<CheckedStats, ForeignError> {
        if self.row_count != self.claimed.row_count {
            let (found, said) = (self.row_count, self.claimed.row_count);
            return Err(ForeignError::corrupt(format!("the footer's statistics lie: {found} rows, said to be {said}")));
        }
        for ((claimed, found), kind) in self.claimed.columns.iter().zip(&self.null_counts).zip(&self.kinds) {
            // Empty texts became NULL tags.
            let agrees = claimed
                .null_count
                .is_none_or(|said| if *kind == ColumnKind::Tag { *found >= said } else { *found == said });
            if !agrees {
                let name = &claimed.name;
                return Err(ForeignError::corrupt(format!(
                    "the footer's statistics lie: column {name:?} has {found} NULLs, said to be {:?}",
                    claimed.null_count
                )));
            }
        }
        Ok(CheckedStats(self.claimed))
    }
}
