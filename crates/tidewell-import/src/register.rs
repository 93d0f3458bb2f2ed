//! What a registration needs of foreign Parquet files: their metadata, and nothing of their rows.

use futures::StreamExt as _;
use futures::future::join_all;
use tidewell_env::Env;
use tidewell_manifest::{Candidate, ForeignFile as NamedFile};
use tidewell_segment::foreign::{Footer, ForeignOptions, Plan};
use tidewell_storage::{FileUrl, Pin};
use tidewell_types::{SegmentId, TableSchema};

use crate::error::FileError;
use crate::file::{LocalFile, SourceFile};
use crate::parquet::{planned, read_footer, read_footer_here};
use crate::schema::merged;
use crate::summary::FileFailure;

/// Columns that a table may have, the time included.
const COLUMNS_MAX: usize = 1000;
/// Files of this machine that one thread looks at in one go: handing over costs as much as looking.
const LOOKS_AT_ONCE: usize = 32;

/// A file that can be named in place.
#[derive(Clone, Debug)]
pub struct ForeignFile {
    /// The file.
    pub source: SourceFile,
    /// Its metadata.
    pub footer: Footer,
    /// What its columns become.
    pub plan: Plan,
    url: FileUrl,
    pin: Pin,
}

impl ForeignFile {
    /// What a commit says of the file, under an identity of its own.
    #[must_use]
    pub fn candidate(&self, id: SegmentId, is_owned: bool) -> Candidate {
        let (url, tag, mapping) = (self.url.to_string(), self.pin.tag.to_string(), self.plan.options().clone());
        Candidate {
            id,
            file: NamedFile { url, tag, mapping, is_owned, checked: None },
            file_bytes: self.pin.bytes,
            footer_bytes: self.footer.footer_bytes(),
            row_count: self.footer.row_count(),
            schema: self.plan.schema().clone(),
            facts: None,
        }
    }
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

/// How files are looked at.
#[derive(Clone)]
struct Look {
    env: Env,
    options: ForeignOptions,
    hive: bool,
    table: TableSchema,
}

/// Reads the metadata of Parquet files: of each the last 64 KiB, and more only where that is not enough; `concurrency` at
/// once. `table` is what the table has already; a file whose column is something else in it, or in a file before, cannot be
/// registered. A file is pinned to the content that was found, so one that changes meanwhile is told from it.
pub async fn foreign_files(
    env: &Env,
    files: &[SourceFile],
    options: &ForeignOptions,
    hive: bool,
    concurrency: usize,
    table: &TableSchema,
) -> ForeignFiles {
    let look = Look { env: env.clone(), options: options.clone(), hive, table: table.clone() };
    let is_here = |file: &SourceFile| file.on_this_machine().is_some();
    let runs = files.chunk_by(|one, next| is_here(one) && is_here(next));
    let goes: Vec<_> = runs.flat_map(|run| run.chunks(LOOKS_AT_ONCE)).map(|files| look.files(files)).collect();
    let mut looked = futures::stream::iter(goes).buffered(concurrency.max(1));
    let mut found = ForeignFiles { files: Vec::new(), failures: Vec::new(), table: table.clone() };
    let mut at = files.iter();
    while let Some(go) = looked.next().await {
        // In this order: the other would take a file of the next go.
        for (file, source) in go.into_iter().zip(at.by_ref()) {
            found.admit(source, file);
        }
    }
    found
}

impl ForeignFiles {
    fn admit(&mut self, source: &SourceFile, file: Result<ForeignFile, FileError>) {
        let admitted = file.and_then(|file| {
            self.table = merged(&self.table, file.plan.schema(), COLUMNS_MAX)?;
            Ok(file)
        });
        match admitted {
            Ok(file) => self.files.push(file),
            Err(error) => {
                let (file, reason) = (source.url().to_owned(), error.to_string());
                self.failures.push(FileFailure { file, reason, is_unknown: false });
            }
        }
    }
}

impl Look {
    /// Looks at files: those of this machine one after another on one thread.
    async fn files(&self, files: &[SourceFile]) -> Vec<Result<ForeignFile, FileError>> {
        let here = |file: &SourceFile| Some((file.clone(), file.on_this_machine()?.clone()));
        let Some(here) = files.iter().map(here).collect::<Option<Vec<_>>>() else {
            return join_all(files.iter().map(|file| self.object(file))).await;
        };
        let look = self.clone();
        let look_at = move |(file, local): &(SourceFile, LocalFile)| {
            let footer = read_footer_here(local)?;
            look.found(file, footer, local.named()?)
        };
        self.env.blocking(move || here.iter().map(look_at).collect()).await
    }

    async fn object(&self, file: &SourceFile) -> Result<ForeignFile, FileError> {
        let footer = read_footer(&file.open(&self.env).await?).await?;
        self.found(file, footer, file.named().await?)
    }

    fn found(&self, file: &SourceFile, footer: Footer, (url, pin): (FileUrl, Pin)) -> Result<ForeignFile, FileError> {
        let mut options = self.options.clone();
        if self.hive {
            options.path_tags.extend(file.hive_tags()?);
        }
        let plan = planned(&footer, &options, &self.table)?;
        plan.check()?;
        Ok(ForeignFile { source: file.clone(), footer, plan, url, pin })
    }
}

#[cfg(test)]
mod tests;
