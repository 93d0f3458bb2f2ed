//! The grammar of the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::backup::{BackupArgs, RestoreArgs};
use crate::bucket::BucketArgs;
use crate::catalog::CatalogArgs;
use crate::completions::CompletionsArgs;
use crate::cost::CostArgs;
use crate::db::DbArgs;
use crate::doctor::DoctorArgs;
use crate::export::ExportArgs;
use crate::fold::FoldArgs;
use crate::health::HealthArgs;
use crate::import::ImportArgs;
use crate::query::QueryArgs;
use crate::registered::RegisteredArgs;
use crate::rollup::RollupArgs;
use crate::serve::ServeArgs;
use crate::snapshot::SnapshotArgs;
use crate::verb::{CompactArgs, ExpireArgs, GcArgs, TierArgs};
use crate::write::WriteArgs;

const EXAMPLES: &str = "\
Examples:
  tidewell serve
  tidewell serve --store s3://my-bucket/metrics
  echo 'cpu,host=a usage=0.5' | tidewell write
  tidewell query 'SELECT * FROM cpu'

Every flag with a TIDEWELL_* variable has a key in tidewell.toml, named like the
flag with underscores: wal_mode = \"object\". A flag beats the variable, the
variable beats the file, the file beats the default.
Exit codes: 0 done, 1 failed in part or whole, 2 wrong usage.";

/// Tidewell keeps time series as plain Parquet in an S3-compatible bucket
#[derive(Parser, Debug)]
#[command(name = "tidewell", version, after_help = EXAMPLES, max_term_width = 120)]
pub(crate) struct Cli {
    /// Configuration file; without it ./tidewell.toml is read where there is one
    #[arg(long, short, global = true, env = config_variable(), value_name = "FILE", help_heading = "Global options")]
    pub(crate) config: Option<PathBuf>,

    /// What to log to stderr, like `info` or `tidewell_wal=debug,warn`; RUST_LOG is heard too
    #[arg(long, global = true, env = "TIDEWELL_LOG_FILTER", value_name = "FILTER", help_heading = "Global options")]
    pub(crate) log_filter: Option<String>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

const fn config_variable() -> &'static str {
    crate::config::CONFIG_VARIABLE
}

/// One verb each.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Serve writes and queries over HTTP
    Serve(ServeArgs),
    /// Write line protocol from files or stdin
    Write(WriteArgs),
    /// Run one SQL query
    Query(QueryArgs),
    /// Bring Parquet or CSV files into a table, or register Parquet in place
    Import(ImportArgs),
    /// Write a table or an answer to files, here or in a bucket
    Export(ExportArgs),
    /// Find, count and search datasets of Parquet that others keep
    Catalog(CatalogArgs),
    /// List, check and drop files that were registered in place
    Registered(RegisteredArgs),
    /// Turn the write-ahead log into segments, once
    Fold(FoldArgs),
    /// Keep tables as aggregates of others: compute what is due; create, list and drop rollups
    Rollup(RollupArgs),
    /// Make few large segments of many small ones
    Compact(CompactArgs),
    /// Move segments with old rows to the cold tier
    Tier(TierArgs),
    /// Let rows that have outlived their retention go
    Expire(ExpireArgs),
    /// Delete objects that nothing needs any more
    Gc(GcArgs),
    /// Name versions, read and restore them
    Snapshot(SnapshotArgs),
    /// Copy databases to another store, incrementally
    Backup(BackupArgs),
    /// Bring databases back from a backup
    Restore(RestoreArgs),
    /// Check what a store can and cannot promise
    Doctor(DoctorArgs),
    /// Estimate what a month costs
    Cost(Box<CostArgs>),
    /// Make a bucket, wire it to events, and look for settings that hurt
    Bucket(BucketArgs),
    /// Ask whether a server is ready, by the exit code
    Health(HealthArgs),
    /// Look at databases
    Db(DbArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

#[cfg(test)]
mod tests;
