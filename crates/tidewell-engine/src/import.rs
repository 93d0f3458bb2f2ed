//! Files of others into a table, for the edges.

use std::sync::Arc;

use tidewell_import::{ImportError, ImportOptions, ImportSummary, Importer, Progress, Source, SourceFile, find};
use tidewell_storage::StoreOptions;
use tidewell_types::DatabaseName;

use crate::engine::Engine;
use crate::error::{EngineError, ErrorKind};

impl From<ImportError> for EngineError {
    fn from(error: ImportError) -> Self {
        let kind = match &error {
            ImportError::Option(_) | ImportError::Source { .. } => ErrorKind::Invalid,
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
    /// [`EngineError`]: `Invalid` for a source that names no file, `Unavailable` where a bucket does not answer.
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

    async fn importer(&self, database: &str) -> Result<Importer, EngineError> {
        self.check_open()?;
        let inner = &self.inner;
        inner.home.make_store().await?;
        let database = inner.databases.open(&DatabaseName::new(database)?).await?;
        Ok(Importer::new(inner.store.clone(), inner.env.clone(), database.manifest.clone()))
    }
}
