//! The import path: files of others to segments, or named in place.
//!
//! ```text
//! sources -> find -> files -> Importer::run: read -> sort -> encode -> commit
//!                          -> plan_files: what each file would become (--schema-only)
//!                          -> LineReader: line protocol for a server (REST mode)
//!                          -> foreign_files: what a registration needs
//! ```
//!
//! # What an import promises
//! - A file is stored wholly or not at all: its rows are staged while it is read, and committed once it was read to its end
//!   and every value had a place. Small files share a commit, a large one has its own.
//! - Files count in the order of their list, and rows in the order of their file: of two rows with the same tags and time
//!   the last wins, field by field. Everything an import commits is later than what was there.
//! - New columns are committed before rows that have them; a file whose column is something else in the table is refused,
//!   naming the column.
//! - Memory stays under a limit, whatever the files are. A file whose rows exceed it is sorted in runs; runs that may have an
//!   identity in common are merged before they are committed, since segments of one commit have one rank.
//! - It is safe beside servers and other imports: nothing but commits is shared with them.

mod budget;
mod commit;
mod csv;
mod dedup;
mod error;
mod feed;
mod file;
mod find;
mod importer;
mod inflate;
pub mod journal;
mod lane;
mod lines;
mod merge;
mod options;
mod pack;
mod parquet;
mod plan_files;
mod progress;
mod register;
mod run;
#[cfg(test)]
mod sample;
mod schema;
mod source;
mod summary;

pub use error::ImportError;
pub use file::SourceFile;
pub use find::find;
pub use importer::Importer;
pub use lines::{LineBatch, LineReader, LineStep};
pub use options::{Format, ImportOptions};
pub use plan_files::{ColumnPlan, FilePlan, ImportPlan, plan_files};
pub use progress::{Progress, ProgressView};
pub use register::{ForeignFile, ForeignFiles, foreign_files};
pub use source::Source;
pub use summary::{FileFailure, FileRejections, ImportSummary};
