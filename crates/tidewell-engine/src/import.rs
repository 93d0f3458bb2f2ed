//! Files of others into a table, for the edges.

use std::sync::Arc;

use tidewell_catalog::DatasetRecord;
use tidewell_import::{
    FileFailure, Format, ImportError, ImportOptions, ImportPlan, ImportSummary, Importer, Progress, Source, SourceFile,
    find, foreign_files, plan_files,
};
use tidewell_manifest::Candidate;
use tidewell_storage::StoreOptions;
use tidewell_types::{DatabaseName, TableName, TableSchema};

use crate::engine::Engine;
use crate::error::{EngineError, ErrorKind};

/// Footers that are read at once, at least: each is one small request.
const REGISTER_CONCURRENCY_MIN: usize = 16;

/// What a registration came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegisterReport {
    /// Files that the table has now.
    pub files: u64,
    /// Their rows, as their footers claim.
    pub rows_claimed: u64,
    /// Files that were left out.
    pub failures: Vec<FileFailure>,
    /// The version that registered them; 0 where there was none.
    pub version: u64,
}

impl From<ImportError> for EngineError {
    fn from(error: ImportError) -> Self {
        let kind = match &error {
            ImportError::Option(_) | ImportError::Source { .. } => ErrorKind::Invalid,
            ImportError::NoFile { .. } => ErrorKind::NotFound,
            ImportError::TakenOver => ErrorKind::Busy,
            ImportError::Storage(_) | ImportError::Manifest(_) | ImportError::Commit(_) => ErrorKind::Unavailable,
        };
        Self::new(kind, error.to_string())
    }
}

impl Engine {
    /// The files that sources name: files, folders, patterns, `s3://bucket/prefix`. Of a bucket a HEAD and a LIST for each
    /// 1000 objects.
    ///
    /// # Errors
    /// [`EngineError`]: `NotFound` for a source without files, `Invalid` for one that cannot be, `Unavailable` where a bucket does not answer.
    pub async fn find_files(
        &self,
        sources: &[String],
        options: &ImportOptions,
    ) -> Result<Vec<SourceFile>, EngineError> {
        let env = &self.inner.env;
        let open = |source: &String| Source::parse(source, env, &StoreOptions::default());
        let sources: Vec<Source> = sources.iter().map(open).collect::<Result<_, _>>()?;
        Ok(find(&sources, options.format.extension(), env).await?)
    }

    /// Imports files as segments and commits, without the log; the database is made by its first import. Files that cannot be
    /// stored are in the summary.
    ///
    /// # Errors
    /// [`EngineError`]: `Invalid` for options that cannot be, `Unavailable` where the store does not answer; what was
    /// committed before stays.
    pub async fn import(
        &self,
        database: &str,
        files: &[SourceFile],
        options: &ImportOptions,
        progress: &Arc<Progress>,
    ) -> Result<ImportSummary, EngineError> {
        let importer = self.importer(database).await?;
        Ok(importer.run(files, options, progress).await?)
    }

    /// What files would become, without reading their rows. Of each file one read, as a rule; two GETs for the table.
    ///
    /// # Errors
    /// [`EngineError`]: `Invalid` for options that cannot be, the store. What is wrong with a file is in its plan.
    pub async fn plan_import(
        &self,
        database: &str,
        files: &[SourceFile],
        options: &ImportOptions,
    ) -> Result<ImportPlan, EngineError> {
        let table = self.columns_so_far(database, &options.table).await?;
        Ok(plan_files(&self.inner.env, files, options, &table).await?)
    }

    /// Names Parquet files in place as rows of a table: their footers are read, no row is copied. Of each file one read of at
    /// most 64 KiB, as a rule; one commit.
    ///
    /// # Errors
    /// [`EngineError`]: `Invalid` for files that lie among the store's own objects or are too many, the store. What is wrong
    /// with one file is in the report, and costs no other.
    pub async fn register_files(
        &self,
        database: &str,
        files: &[SourceFile],
        options: &ImportOptions,
        take_ownership: bool,
    ) -> Result<RegisterReport, EngineError> {
        let Format::Parquet(foreign) = &options.format else {
            return Err(EngineError::new(ErrorKind::Invalid, "only Parquet files can be registered: import CSV"));
        };
        let known = self.columns_so_far(database, &options.table).await?;
        let (env, concurrency) = (&self.inner.env, options.concurrency.max(REGISTER_CONCURRENCY_MIN));
        let found = foreign_files(env, files, foreign, options.hive, concurrency, &known).await;
        let mut report = RegisterReport { failures: found.failures, ..RegisterReport::default() };
        let candidates: Vec<Candidate> =
            found.files.iter().map(|file| file.candidate(env.segment_id(), take_ownership)).collect();
        report.files = candidates.len() as u64;
        report.rows_claimed = candidates.iter().map(|candidate| candidate.row_count).sum();
        if !candidates.is_empty() {
            report.version = self.register(database, options.table.as_str(), candidates).await?;
        }
        Ok(report)
    }

    /// Registers a dataset of the catalog: the series' id as tags, its folders too.
    ///
    /// # Errors
    /// As [`Engine::register_files`].
    pub async fn register_dataset(
        &self,
        database: &str,
        table: &str,
        dataset: &DatasetRecord,
    ) -> Result<RegisterReport, EngineError> {
        let place = match dataset.root.is_empty() {
            true => dataset.source.clone(),
            false => format!("{}/{}", dataset.source.trim_end_matches('/'), dataset.root),
        };
        let mapping = dataset.mapping.foreign_options(&dataset.root, &dataset.root);
        let mapping = mapping.map_err(|problem| EngineError::new(ErrorKind::Invalid, problem))?;
        let options = ImportOptions::new(TableName::new(table)?, Format::Parquet(mapping));
        let files = self.find_files(&[place], &options).await?;
        self.register_files(database, &files, &options, false).await
    }

    /// What the table has, or nothing where there is none.
    async fn columns_so_far(&self, database: &str, table: &TableName) -> Result<TableSchema, EngineError> {
        match self.table_schema(database, table).await {
            Ok(schema) => Ok((*schema).clone()),
            Err(EngineError { kind: ErrorKind::NotFound | ErrorKind::DatabaseNotFound, .. }) => Ok(TableSchema::new()),
            Err(error) => Err(error),
        }
    }

    async fn importer(&self, database: &str) -> Result<Importer, EngineError> {
        self.check_open()?;
        let inner = &self.inner;
        inner.home.make_store().await?;
        let database = inner.databases.open(&DatabaseName::new(database)?).await?;
        Ok(Importer::new(inner.store.clone(), inner.env.clone(), database.manifest.clone()))
    }
}
