//! One store, assembled: its databases, their write, read and maintenance paths, and the tasks between them.
//!
//! This is the API boundary: the edges (server, Lambda, command line) decode a request, call one method of [`Engine`] and
//! encode what it returns.

mod attach;
mod background;
mod backup;
mod config;
mod counters;
mod database;
mod databases;
mod delete;
mod engine;
mod error;
mod fold;
mod home;
mod log_stores;
mod maintain;
mod probe;
mod query;
mod read;
mod rebuild;
mod registered;
mod seal;
mod snapshot;
mod snapshots;
mod status;
mod upkeep;
mod write;

pub use backup::BackupReport;
pub use config::{EngineConfig, FoldConfig, Limits, MaintainConfig, WalConfig};
pub use delete::{DeleteReply, DeleteRequest};
pub use engine::Engine;
pub use error::{EngineError, ErrorKind};
pub use fold::FoldReport;
pub use maintain::{Figure, Progress, Verb, VerbOptions, VerbReport};
pub use read::{Consistency, ConsistencyError, ReadOptions};
pub use rebuild::{RebuildReport, RebuildRequest};
pub use registered::{CheckReport, RegisteredInfo};
pub use snapshots::SnapshotInfo;
pub use status::{DatabaseStatus, Status, StoreStatus};
pub use write::{WriteError, WriteReply, WriteRequest};

pub use tidewell_ingest::RejectedLine;
pub use tidewell_line_protocol::Precision;
pub use tidewell_maintain::FoldOutcome;
pub use tidewell_manifest::{Candidate, Facts, ForeignFile};
pub use tidewell_query::{Answer, JsonQuery, QueryError, QueryStatistics};
pub use tidewell_storage::{Check, Finding, LocationError, ProbeReport, StoreUrl, Usage, Verdict};
pub use tidewell_wal::{AckLevel, AckLevelError};
