//! A table's columns: which are tags, which are fields, and of which type.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};

/// The name of the time column; no tag or field may take it.
pub const TIME_COLUMN: &str = "time";

/// Arrow's type for the time column: nanoseconds, no zone, always UTC.
#[must_use]
pub fn time_data_type() -> DataType {
    DataType::Timestamp(TimeUnit::Nanosecond, None)
}

/// Arrow's type for a tag column.
#[must_use]
pub fn tag_data_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// The type of a field, fixed by the first write that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FieldType {
    /// `f64`
    Float,
    /// `i64`
    Integer,
    /// `u64`
    Unsigned,
    /// `bool`
    Boolean,
    /// UTF-8 text
    String,
}

impl FieldType {
    /// Arrow's type for it.
    #[must_use]
    pub const fn data_type(self) -> DataType {
        match self {
            Self::Float => DataType::Float64,
            Self::Integer => DataType::Int64,
            Self::Unsigned => DataType::UInt64,
            Self::Boolean => DataType::Boolean,
            Self::String => DataType::Utf8,
        }
    }

    /// The word that users know it by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Float => "float",
            Self::Integer => "integer",
            Self::Unsigned => "unsigned",
            Self::Boolean => "boolean",
            Self::String => "string",
        }
    }
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a column is to a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// The instant of the row; part of its identity.
    Time,
    /// An indexed string; part of the row's identity.
    Tag,
    /// A value.
    Field(FieldType),
}

impl fmt::Display for ColumnKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time => f.write_str("time"),
            Self::Tag => f.write_str("tag"),
            Self::Field(field_type) => write!(f, "{field_type} field"),
        }
    }
}

/// A column that cannot be what a write wants it to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// The column exists as something else.
    #[error("column {column:?} is {wanted} here but already exists as {existing}: rename it or send the type it has")]
    Conflict {
        /// The column.
        column: String,
        /// What the write says.
        wanted: ColumnKind,
        /// What the table says.
        existing: ColumnKind,
    },
    /// The name is taken by the time column.
    #[error("column name {TIME_COLUMN:?} is the time column's own: rename the tag or field")]
    Reserved,
}

/// The columns of one table.
///
/// The order of `tags` is the order by which segments are sorted (then time). New tags go to the end, so a segment written
/// before a tag existed is still sorted under the grown schema, with NULL for that tag.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableSchema {
    tags: Vec<Arc<str>>,
    fields: BTreeMap<Arc<str>, FieldType>,
}

impl TableSchema {
    /// A table with no column but time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The tags, in sort order.
    #[must_use]
    pub fn tags(&self) -> &[Arc<str>] {
        &self.tags
    }

    /// The fields, by name.
    #[must_use]
    pub fn fields(&self) -> &BTreeMap<Arc<str>, FieldType> {
        &self.fields
    }

    /// How many columns the table has, the time column included.
    #[must_use]
    pub fn column_count(&self) -> usize {
        self.tags.len() + self.fields.len() + 1
    }

    /// What `column` is, or `None` where the table has no such column.
    #[must_use]
    pub fn kind(&self, column: &str) -> Option<ColumnKind> {
        if column == TIME_COLUMN {
            return Some(ColumnKind::Time);
        }
        if let Some(field_type) = self.fields.get(column) {
            return Some(ColumnKind::Field(*field_type));
        }
        self.tags.iter().any(|tag| &**tag == column).then_some(ColumnKind::Tag)
    }

    /// Adds a tag at the end of the sort order; `true` where it is new.
    ///
    /// # Errors
    /// [`SchemaError`] when the name is a field's or the time column's; refuse the line.
    pub fn add_tag(&mut self, name: &str) -> Result<bool, SchemaError> {
        match self.kind(name) {
            None => {
                self.tags.push(name.into());
                Ok(true)
            }
            Some(ColumnKind::Tag) => Ok(false),
            Some(existing) => Err(conflict(name, ColumnKind::Tag, existing)),
        }
    }

    /// Adds a field; `true` where it is new.
    ///
    /// # Errors
    /// [`SchemaError`] when the name is a tag's, the time column's, or a field's of another type; refuse the line.
    pub fn add_field(&mut self, name: &str, field_type: FieldType) -> Result<bool, SchemaError> {
        let wanted = ColumnKind::Field(field_type);
        match self.kind(name) {
            None => {
                self.fields.insert(name.into(), field_type);
                Ok(true)
            }
            Some(existing) if existing == wanted => Ok(false),
            Some(existing) => Err(conflict(name, wanted, existing)),
        }
    }

    /// Adds every column of `other`, its tags in their order; `true` where anything is new.
    ///
    /// # Errors
    /// [`SchemaError`] at the first column that does not fit; `self` may then hold some of the others.
    pub fn merge(&mut self, other: &Self) -> Result<bool, SchemaError> {
        let mut grown = false;
        for tag in &other.tags {
            grown |= self.add_tag(tag)?;
        }
        for (field, field_type) in &other.fields {
            grown |= self.add_field(field, *field_type)?;
        }
        Ok(grown)
    }

    /// The columns that form a row's identity, in sort order: the tags, then time.
    pub fn key_columns(&self) -> impl Iterator<Item = &str> {
        self.tags.iter().map(|tag| &**tag).chain([TIME_COLUMN])
    }

    /// The Arrow schema: every column in alphabetical order of its name, time not nullable, all else nullable.
    #[must_use]
    pub fn arrow(&self) -> SchemaRef {
        let mut columns: Vec<Field> = self.tags.iter().map(|tag| Field::new(&**tag, tag_data_type(), true)).collect();
        columns.extend(self.fields.iter().map(|(name, field_type)| Field::new(&**name, field_type.data_type(), true)));
        columns.push(Field::new(TIME_COLUMN, time_data_type(), false));
        columns.sort_by(|a, b| a.name().cmp(b.name()));
        Arc::new(Schema::new(columns))
    }
}

fn conflict(column: &str, wanted: ColumnKind, existing: ColumnKind) -> SchemaError {
    if existing == ColumnKind::Time {
        return SchemaError::Reserved;
    }
    SchemaError::Conflict { column: column.to_owned(), wanted, existing }
}
