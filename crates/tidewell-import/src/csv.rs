//! CSV files as one lane each.

mod decode;

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray};
use arrow_schema::{ArrowError, Field, Schema};
use tidewell_csv::{CsvError, CsvOptions, CsvPlan, infer};
use tidewell_env::Env;
use tidewell_types::{TableSchema, tag_data_type};

use crate::error::FileError;
use crate::file::{OpenFile, SourceFile};
use crate::inflate::inflated;

/// What is looked at to find out how a file is to be read.
const SAMPLE_BYTES: u64 = 1 << 20;

/// A CSV file whose first bytes were looked at.
#[derive(Clone, Debug)]
pub(crate) struct CsvFile {
    pub(crate) open: OpenFile,
    pub(crate) plan: CsvPlan,
    pub(crate) path_tags: Vec<(String, Option<String>)>,
}

impl CsvFile {
    /// Looks at the first bytes, and decides what each column becomes; types that the table has are taken over.
    pub(crate) async fn open(
        file: &SourceFile,
        env: &Env,
        options: &CsvOptions,
        path_tags: Vec<(String, Option<String>)>,
        table: &TableSchema,
    ) -> Result<Self, FileError> {
        let open = inflated(file.open(env).await?, env).await?;
        let end = SAMPLE_BYTES.max(2 * options.record_bytes_max as u64).min(open.file_bytes());
        let range = 0..end;
        let sample = open.read(vec![range]).await?.into_iter().next().unwrap_or_default();
        let (options, is_whole) = (options.clone(), end == open.file_bytes());
        let mut plan = env.blocking(move || infer(&sample, is_whole, &options)).await?;
        plan.adopt(table)?;
        let csv = Self { open, plan, path_tags };
        csv.schema_of(&csv.plan)?;
        Ok(csv)
    }

    /// The columns as far as a plan knows them, the folders' tags first.
    pub(crate) fn schema_of(&self, plan: &CsvPlan) -> Result<TableSchema, FileError> {
        let mut schema = TableSchema::new();
        let twice = |error: tidewell_types::SchemaError| FileError::Hive(error.to_string());
        let columns = plan.table_schema()?;
        for (name, _) in &self.path_tags {
            if columns.kind(name).is_some() {
                return Err(FileError::Hive(format!("the file has a column {name:?} too: leave one of them out")));
            }
            schema.add_tag(name).map_err(twice)?;
        }
        schema.merge(&columns).map_err(twice)?;
        Ok(schema)
    }
}

/// Whether a file has a header and no rows, which is no reason to refuse it.
pub(crate) fn is_without_rows(error: &FileError) -> bool {
    matches!(error, FileError::Csv(CsvError::NoRows { .. }))
}

/// The same rows with the tags of the file's path.
fn with_path_tags(rows: RecordBatch, tags: &[(String, Option<String>)]) -> Result<RecordBatch, ArrowError> {
    if tags.is_empty() {
        return Ok(rows);
    }
    let mut fields = rows.schema_ref().fields().to_vec();
    let mut columns = rows.columns().to_vec();
    for (name, value) in tags {
        fields.push(Arc::new(Field::new(name, tag_data_type(), true)));
        columns.push(constant_tag(value.as_deref(), rows.num_rows())?);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

fn constant_tag(value: Option<&str>, row_count: usize) -> Result<ArrayRef, ArrowError> {
    let Some(value) = value else { return Ok(arrow_array::new_null_array(&tag_data_type(), row_count)) };
    let (keys, values) = (Int32Array::from(vec![0; row_count]), StringArray::from(vec![value]));
    Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::new(values))?))
}
