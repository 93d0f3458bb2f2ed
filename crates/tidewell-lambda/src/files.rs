//! Files that came into the import folder: Parquet is registered in place, CSV is imported.

use std::sync::Arc;

use serde_json::{Value, json};
use tidewell_engine::{
    CsvOptions, EngineError, ErrorKind, ForeignOptions, ImportFormat, ImportOptions, ImportProgress, SourceFile,
    TableName,
};

use crate::function::{Function, failure};
use crate::{Failure, FailureKind, ImportKind, ImportTarget, S3Object};

/// Imports objects one after the other; the reply says what became of each.
///
/// # Errors
/// Those of all objects as one; each has had its turn.
pub(crate) async fn import(function: &Function, objects: &[S3Object]) -> Result<Value, Failure> {
    let (mut done, mut failures) = (Vec::new(), Vec::new());
    for object in objects {
        let place = format!("s3://{}/{}", object.bucket, object.key);
        match import_one(function, object, &place).await {
            Ok(summary) => done.push(summary),
            Err(failed) => {
                tracing::error!(file = place, error = failed.message, "a file was not imported");
                failures.push(Failure::new(failed.kind, format!("{place}: {}", failed.message)));
            }
        }
    }
    Failure::join(&failures).map_or_else(|| Ok(json!({ "files": done })), Err)
}

async fn import_one(function: &Function, object: &S3Object, place: &str) -> Result<Value, Failure> {
    let target = ImportTarget::of_key(&function.settings.import_prefix, &object.key)?;
    let table = TableName::new(&target.table).map_err(|error| Failure::invalid(error.to_string()))?;
    let format = match target.kind {
        ImportKind::Parquet => {
            ImportFormat::Parquet(ForeignOptions { time_fallback: true, ..ForeignOptions::default() })
        }
        ImportKind::Csv | ImportKind::CsvGz => ImportFormat::Csv(CsvOptions::default()),
    };
    let options = ImportOptions {
        memory_bytes_max: function.settings.import_bytes_max,
        // Folders below the table may be `name=value`; the file alone is the job, so that imports of other files go on beside it.
        job_name: Some(object.idempotency_key()),
        resume: true,
        ..ImportOptions::new(table, format)
    };
    let files = match function.engine.find_files(&[place.to_owned()], &options).await {
        Err(EngineError { kind: ErrorKind::NotFound, .. }) => {
            tracing::warn!(file = place, "the file is gone: nothing is imported");
            return Ok(json!({"file": place, "skipped": "it is gone"}));
        }
        files => files.map_err(failure)?,
    };
    match target.kind {
        ImportKind::Parquet => register(function, &target, place, &files, &options).await,
        ImportKind::Csv | ImportKind::CsvGz => take(function, &target, place, &files, &options).await,
    }
}

async fn register(
    function: &Function,
    target: &ImportTarget,
    place: &str,
    files: &[SourceFile],
    options: &ImportOptions,
) -> Result<Value, Failure> {
    let report = function.engine.register_files(&target.database, files, options, false).await.map_err(failure)?;
    if let Some(refused) = report.failures.first() {
        let kind = if refused.is_unknown { FailureKind::Unknown } else { FailureKind::Invalid };
        return Err(Failure::new(kind, refused.reason.clone()));
    }
    tracing::info!(file = place, rows = report.rows_claimed, version = report.version, "registered");
    Ok(json!({"file": place, "registered_rows": report.rows_claimed, "version": report.version}))
}

async fn take(
    function: &Function,
    target: &ImportTarget,
    place: &str,
    files: &[SourceFile],
    options: &ImportOptions,
) -> Result<Value, Failure> {
    let progress = Arc::new(ImportProgress::new());
    let summary = function.engine.import(&target.database, files, options, &progress).await.map_err(failure)?;
    if let Some(refused) = summary.failures.first() {
        let kind = if refused.is_unknown { FailureKind::Unknown } else { FailureKind::Invalid };
        return Err(Failure::new(kind, refused.reason.clone()));
    }
    let (rows, rejected) = (summary.rows_imported, summary.rows_rejected);
    tracing::info!(file = place, rows, rejected, version = summary.version.get(), "imported");
    let was_there = summary.files_skipped > 0;
    Ok(json!({"file": place, "rows": rows, "rejected": rejected, "was_there": was_there}))
}
