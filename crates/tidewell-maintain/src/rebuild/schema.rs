//! The columns of a table, from the objects that hold its rows.

use std::sync::Arc;

use arrow_schema::DataType;
use tidewell_types::{FieldType, TIME_COLUMN, TableName, TableRows, TableSchema};

use crate::rebuild::RebuildError;

/// Columns as they are gathered, each with the object that had it first.
#[derive(Debug, Default)]
pub(super) struct Columns {
    schema: TableSchema,
    sources: Vec<(Arc<str>, Arc<str>)>,
}

impl Columns {
    /// The columns of all schemas that segments of a table name. Each segment is sorted by its tags in their order, and new
    /// tags only ever went to the end: so every one must be the start of the longest.
    pub(super) fn of(table: &TableName, schemas: &[(Arc<TableSchema>, String)]) -> Result<Self, RebuildError> {
        let mut by_tags: Vec<&(Arc<TableSchema>, String)> = schemas.iter().collect();
        by_tags.sort_by_key(|(schema, object)| (schema.tags().len(), object));
        let mut columns = Self::default();
        let mut shorter = "";
        for (schema, object) in by_tags {
            if !schema.tags().starts_with(columns.schema.tags()) {
                return Err(RebuildError::Conflict {
                    table: table.to_string(),
                    first: shorter.to_owned(),
                    second: object.clone(),
                    problem: format!(
                        "one is sorted by tags {:?}, the other by {:?}",
                        columns.schema.tags(),
                        schema.tags()
                    ),
                });
            }
            columns.merge(table, schema, object)?;
            shorter = object;
        }
        Ok(columns)
    }

    /// Adds the columns of logged rows; new tags go to the end, as they do when they are first written.
    pub(super) fn grow(&mut self, rows: &TableRows, object: &str) -> Result<(), RebuildError> {
        let mut schema = TableSchema::new();
        let fields = rows.rows.schema_ref().fields().iter().filter(|field| field.name() != TIME_COLUMN);
        for field in fields {
            let added = match field_type(field.data_type()) {
                None => schema.add_tag(field.name()),
                Some(field_type) => schema.add_field(field.name(), field_type),
            };
            // One batch has each of its columns once.
            added.map_err(|problem| RebuildError::columns(&rows.table, object, object, &problem))?;
        }
        self.merge(&rows.table, &schema, object)
    }

    fn merge(&mut self, table: &TableName, schema: &TableSchema, object: &str) -> Result<(), RebuildError> {
        let source: Arc<str> = object.into();
        let conflict = |columns: &Self, name: &str, problem| {
            let first = columns.sources.iter().find(|(column, _)| &**column == name);
            RebuildError::columns(table, first.map_or(object, |(_, object)| object), object, &problem)
        };
        for tag in schema.tags() {
            match self.schema.add_tag(tag) {
                Ok(true) => self.sources.push((Arc::clone(tag), Arc::clone(&source))),
                Ok(false) => {}
                Err(problem) => return Err(conflict(self, tag, problem)),
            }
        }
        for (field, field_type) in schema.fields() {
            match self.schema.add_field(field, *field_type) {
                Ok(true) => self.sources.push((Arc::clone(field), Arc::clone(&source))),
                Ok(false) => {}
                Err(problem) => return Err(conflict(self, field, problem)),
            }
        }
        Ok(())
    }

    /// What they come to.
    pub(super) fn into_schema(self) -> TableSchema {
        self.schema
    }
}

/// The field that a column of this type is; `None` for a tag.
fn field_type(data_type: &DataType) -> Option<FieldType> {
    use FieldType::{Boolean, Float, Integer, String, Unsigned};
    [Float, Integer, Unsigned, Boolean, String].into_iter().find(|field_type| field_type.data_type() == *data_type)
}

#[cfg(test)]
mod tests;
