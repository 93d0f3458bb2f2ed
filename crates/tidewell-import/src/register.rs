//! What a registration needs of foreign Parquet files: their metadata, and nothing of their rows.

use futures::StreamExt as _;
use tidewell_env::Env;
use tidewell_segment::foreign::{Footer, ForeignOptions, Plan};
use tidewell_types::TableSchema;

use crate::error::FileError;
use crate::file::SourceFile;
use crate::parquet::ParquetFile;
use crate::schema::merged;
use crate::summary::FileFailure;

/// Columns that a table may have, the time included.
const COLUMNS_MAX: usize = 1000;

/// A file that can be named in place.
#[derive(Clone, Debug)]
pub struct ForeignFile {
    /// The file.
    pub source: SourceFile,
    /// Its metadata.
    pub footer: Footer,
    /// What its columns become.
    pub plan: Plan,
}

/// Files that can be named in place, and the table that they make.
#[derive(Clone, Debug)]
pub struct ForeignFiles {
    /// Those that can, in their order.
    pub files: Vec<ForeignFile>,
    /// Those that cannot, each with its reason.
    pub failures: Vec<FileFailure>,
    /// The table's columns, with those of all files.
    pub table: TableSchema,
}

/// Reads the metadata of Parquet files: of each the last 64 KiB, and more only where that is not enough; `concurrency` at
/// once. `table` is what the table has already; a file whose column is something else in it, or in a file before, cannot be
/// registered.
pub async fn foreign_files(
    env: &Env,
    files: &[SourceFile],
    options: &ForeignOptions,
    hive: bool,
    concurrency: usize,
    table: &TableSchema,
) -> ForeignFiles {
    let opens: Vec<_> = files.iter().map(|file| open(env, file, options, hive, table)).collect();
    let mut opened = futures::stream::iter(opens).buffered(concurrency.max(1));
    let mut found = ForeignFiles { files: Vec::new(), failures: Vec::new(), table: table.clone() };
    let mut at = files.iter();
    while let Some(file) = opened.next().await {
        let Some(source) = at.next() else { break };
        let admitted = file.and_then(|file| {
            found.table = merged(&found.table, file.plan.schema(), COLUMNS_MAX)?;
            Ok(file)
        });
        match admitted {
            Ok(ParquetFile { footer, plan, .. }) => {
                found.files.push(ForeignFile { source: source.clone(), footer, plan });
            }
            Err(error) => {
                let (file, reason) = (source.url().to_owned(), error.to_string());
                found.failures.push(FileFailure { file, reason, is_unknown: false });
            }
        }
    }
    found
}

async fn open(
    env: &Env,
    file: &SourceFile,
    options: &ForeignOptions,
    hive: bool,
    table: &TableSchema,
) -> Result<ParquetFile, FileError> {
    let mut options = options.clone();
    if hive {
        options.path_tags.extend(file.hive_tags()?);
    }
    let file = ParquetFile::open(file, env, &options, table).await?;
    file.plan.check()?;
    Ok(file)
}

#[cfg(test)]
mod tests;
