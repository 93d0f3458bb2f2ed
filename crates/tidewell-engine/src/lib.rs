//! One store, assembled: its databases, their write, read and maintenance paths, and the tasks between them.
//!
//! This is the API boundary: the edges (server, Lambda, command line) decode a request, call one method of [`Engine`] and
//! encode what it returns.

mod attach;
mod background;
mod backup;
mod catalog;
mod config;
mod counters;
mod csv;
mod database;
mod databases;
mod delete;
mod engine;
mod error;
mod fold;
mod home;
mod import;
mod log_stores;
mod maintain;
mod observed;
mod outlet;
mod probe;
mod query;
mod read;
mod rebuild;
mod registered;
mod rollup;
mod seal;
mod snapshot;
mod snapshots;
mod spending;
mod status;
mod tables;
mod upkeep;
mod write;

#[cfg(test)]
mod sample;

pub use backup::BackupReport;
pub use config::{EngineConfig, FoldConfig, Limits, MaintainConfig, WalConfig};
pub use csv::{CsvIntake, CsvReply, CsvRequest};
pub use delete::{DeleteReply, DeleteRequest};
pub use engine::Engine;
pub use error::{EngineError, ErrorKind};
pub use fold::FoldReport;
pub use import::RegisterReport;
pub use maintain::{Figure, Progress, Verb, VerbOptions, VerbReport, VerbRun};
pub use outlet::{OutFile, Outlet};
pub use read::{Consistency, ConsistencyError, ReadOptions};
pub use rebuild::{RebuildReport, RebuildRequest};
pub use registered::{CheckReport, RegisteredInfo};
pub use rollup::RollupStatus;
pub use snapshots::SnapshotInfo;
pub use status::{DatabaseStatus, Status, StoreStatus};
pub use tables::{ColumnInfo, TableInfo};
pub use write::{RowsRequest, WriteError, WriteReply, WriteRequest};

pub use tidewell_catalog::{
    Answer as CatalogAnswer, Cancel as ScanCancel, Dataset, DatasetRecord, DatasetState, Hit, Kinds,
    Progress as ScanProgress, Query as CatalogQuery, Sampling, ScanOptions, ScanSummary, Scanned, SeriesHit,
};
pub use tidewell_cost::{Budget, BudgetError, CadenceStatus, LedgerSnapshot, Prices, PricesError};
pub use tidewell_csv::{
    CsvOptions, Rejected, Rejections, SETTINGS as CSV_SETTINGS, TimeError, Timezone, parse_instant,
};
pub use tidewell_import::{
    ColumnPlan, FileFailure, FilePlan, FileRejections, Format as ImportFormat, ImportOptions, ImportPlan,
    ImportSummary, LineReader, LineStep, Progress as ImportProgress, ProgressView as ImportProgressView, SourceFile,
};
pub use tidewell_ingest::RejectedLine;
pub use tidewell_line_protocol::Precision;
pub use tidewell_maintain::FoldOutcome;
pub use tidewell_manifest::{Aggregate, AggregateError, Candidate, Facts, ForeignFile, RollupDefinition};
pub use tidewell_query::{Answer, JsonQuery, QueryError, QueryStatistics};
pub use tidewell_segment::foreign::{ForeignOptions, NumberUnit, OnRefused};
pub use tidewell_storage::{Check, Finding, LocationError, ProbeReport, StoreUrl, Usage, Verdict};
pub use tidewell_types::{ColumnKind, TableName, TimeBounds, TimestampNs};
pub use tidewell_wal::{AckLevel, AckLevelError};
