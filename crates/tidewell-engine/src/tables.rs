//! The tables of a database and their columns, for the edges.

use std::sync::Arc;

use tidewell_manifest::TableState;
use tidewell_types::{ColumnKind, TIME_COLUMN, TableName, TableSchema};

use crate::engine::Engine;
use crate::error::{EngineError, ErrorKind};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// Time, tag or field, and of which type.
    pub kind: ColumnKind,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableInfo {
    /// Its name.
    pub name: String,
    /// The time, the tags in the order that rows are sorted by, the fields by name.
    pub columns: Vec<ColumnInfo>,
}

impl Engine {
    /// The tables of a database, by name. Two GETs.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, the store.
    pub async fn tables(&self, database: &str) -> Result<Vec<TableInfo>, EngineError> {
        let database = self.inner.databases.existing(database).await?;
        let state = database.manifest.catch_up().await?;
        let table = |(name, table): (&TableName, &TableState)| TableInfo {
            name: name.as_str().to_owned(),
            columns: columns(&table.schema),
        };
        Ok(state.tables.iter().map(table).collect())
    }

    /// One table of a database. Two GETs.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, `NotFound` (table), the store.
    pub async fn table(&self, database: &str, table: &str) -> Result<TableInfo, EngineError> {
        let found = self.tables(database).await?.into_iter().find(|info| info.name == table);
        found.ok_or_else(|| not_found(table))
    }
}

impl Engine {
    /// The columns of a table as the newest commit has them; `NotFound` where the database or the table is none.
    pub(crate) async fn table_schema(
        &self,
        database: &str,
        table: &TableName,
    ) -> Result<Arc<TableSchema>, EngineError> {
        let database = self.inner.databases.existing(database).await?;
        let state = database.manifest.catch_up().await?;
        let table_state = state.tables.get(table).ok_or_else(|| not_found(table.as_str()))?;
        Ok(Arc::clone(&table_state.schema))
    }
}

fn not_found(table: &str) -> EngineError {
    EngineError::new(ErrorKind::NotFound, format!("table not found: {table:?}"))
}

pub(crate) fn columns(schema: &TableSchema) -> Vec<ColumnInfo> {
    let time = ColumnInfo { name: TIME_COLUMN.to_owned(), kind: ColumnKind::Time };
    let tags = schema.tags().iter().map(|tag| ColumnInfo { name: tag.to_string(), kind: ColumnKind::Tag });
    let fields = schema
        .fields()
        .iter()
        .map(|(name, field_type)| ColumnInfo { name: name.to_string(), kind: ColumnKind::Field(*field_type) });
    [time].into_iter().chain(tags).chain(fields).collect()
}
