//! What each file would become, by metadata and samples alone.

use std::sync::Arc;

use futures::StreamExt as _;
use tidewell_env::Env;
use tidewell_segment::foreign::Source;
use tidewell_types::{ColumnKind, TIME_COLUMN, TableSchema};

use crate::csv::{CsvFile, is_without_rows};
use crate::error::{FileError, ImportError};
use crate::file::SourceFile;
use crate::options::{Format, ImportOptions};
use crate::parquet::ParquetFile;
use crate::schema::merged;

/// A column of a file and what it becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnPlan {
    /// The column as the file names it; of a folder its name.
    pub file_name: String,
    /// Its type in the file: Parquet's as Arrow words it, of CSV `text`, of a folder `folder`.
    pub file_type: String,
    /// Its name in the table.
    pub name: String,
    /// What it becomes; `None` for nothing, or where the first value will tell.
    pub kind: Option<ColumnKind>,
}

/// What one file would become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePlan {
    /// The file.
    pub file: String,
    /// Its size, in bytes.
    pub file_bytes: u64,
    /// Its rows, where its metadata says: not of CSV.
    pub row_count: Option<u64>,
    /// Its columns.
    pub columns: Vec<ColumnPlan>,
    /// Columns that have no place, each with type and reason.
    pub refused: Vec<String>,
    /// Why the file would be left out.
    pub problem: Option<String>,
}

/// What an import would come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportPlan {
    /// The files, in their order.
    pub files: Vec<FilePlan>,
    /// The table's columns afterwards.
    pub table: TableSchema,
}

/// What files would become, without reading their rows: of Parquet the metadata (one read mostly), of CSV the first bytes.
/// `table` is what the table has already.
///
/// # Errors
/// [`ImportError::Option`] for options that cannot be. What is wrong with a file is in its plan.
pub async fn plan_files(
    env: &Env,
    files: &[SourceFile],
    options: &ImportOptions,
    table: &TableSchema,
) -> Result<ImportPlan, ImportError> {
    options.check()?;
    let table = Arc::new(table.clone());
    let looks: Vec<_> = files.iter().map(|file| look(env, file, options, &table)).collect();
    let looked: Vec<_> = futures::stream::iter(looks).buffered(options.concurrency).collect().await;
    let mut after = (*table).clone();
    let mut plans = Vec::with_capacity(files.len());
    for (mut plan, schema) in looked {
        match merged(&after, &schema, options.columns_max) {
            _ if plan.problem.is_some() => {}
            Ok(merged) => after = merged,
            Err(error) => plan.problem = Some(error.to_string()),
        }
        plans.push(plan);
    }
    Ok(ImportPlan { files: plans, table: after })
}

async fn look(env: &Env, file: &SourceFile, options: &ImportOptions, table: &TableSchema) -> (FilePlan, TableSchema) {
    let mut plan = FilePlan {
        file: file.url().to_owned(),
        file_bytes: file.file_bytes(),
        row_count: None,
        columns: Vec::new(),
        refused: Vec::new(),
        problem: None,
    };
    let schema = match look_within(env, file, options, table, &mut plan).await {
        Ok(schema) => schema,
        Err(error) if is_without_rows(&error) => {
            plan.row_count = Some(0);
            TableSchema::new()
        }
        Err(error) => {
            plan.problem = Some(error.to_string());
            TableSchema::new()
        }
    };
    (plan, schema)
}

async fn look_within(
    env: &Env,
    file: &SourceFile,
    options: &ImportOptions,
    table: &TableSchema,
    plan: &mut FilePlan,
) -> Result<TableSchema, FileError> {
    let path_tags = if options.hive { file.hive_tags()? } else { Vec::new() };
    match &options.format {
        Format::Parquet(foreign) => {
            let mut foreign = foreign.clone();
            foreign.path_tags.extend(path_tags);
            let parquet = ParquetFile::open(file, env, &foreign, table).await?;
            plan.row_count = Some(parquet.footer.row_count());
            plan.columns = parquet.plan.columns().iter().map(parquet_column).collect();
            plan.refused = parquet.plan.refused().iter().map(ToString::to_string).collect();
            parquet.plan.check()?;
            Ok(parquet.plan.schema().clone())
        }
        Format::Csv(csv) => {
            let csv = CsvFile::open(file, env, csv, path_tags, table).await?;
            let schema = csv.schema_of(&csv.plan)?;
            let folders = csv.path_tags.iter().map(|(name, _)| ColumnPlan {
                file_name: name.clone(),
                file_type: "folder".to_owned(),
                name: name.clone(),
                kind: Some(ColumnKind::Tag),
            });
            plan.columns = folders.chain(csv.plan.columns().iter().map(csv_column)).collect();
            Ok(schema)
        }
    }
}

fn parquet_column(column: &tidewell_segment::foreign::PlanColumn) -> ColumnPlan {
    let file_type = match &column.source {
        Source::File { file_type, .. } => file_type.to_string(),
        Source::Path(_) => "folder".to_owned(),
    };
    ColumnPlan { file_name: column.file_name(), file_type, name: column.name.to_string(), kind: Some(column.kind) }
}

fn csv_column(column: &tidewell_csv::PlanColumn) -> ColumnPlan {
    use tidewell_csv::ColumnRole;
    let (name, kind) = match column.role {
        ColumnRole::Time => (TIME_COLUMN.to_owned(), Some(ColumnKind::Time)),
        ColumnRole::Tag => (column.name.clone(), Some(ColumnKind::Tag)),
        ColumnRole::Field(field_type) => (column.name.clone(), field_type.map(ColumnKind::Field)),
        ColumnRole::Skipped => (column.name.clone(), None),
    };
    ColumnPlan { file_name: column.name.clone(), file_type: "text".to_owned(), name, kind }
}

#[cfg(test)]
mod tests;
