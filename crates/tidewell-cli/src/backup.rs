//! `tidewell backup|restore`: a database's newest version in another store, and back.

use clap::Args;
use tidewell_engine::{BackupReport, StoreUrl};
use tidewell_env::Env;

use crate::engine_args::StoreArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::size::show_bytes;
use crate::verb::{open, spinner};

const BACKUP_EXAMPLES: &str = "\
Examples:
  tidewell backup s3://my-backups/metrics
  tidewell backup --store s3://my-bucket/metrics --db metrics /mnt/backup

The target becomes a store of its own, readable by any command. Only what it does not have yet is copied; an interrupted
backup leaves the one before it readable.";

/// What to back up, and where to.
#[derive(Args, Debug)]
#[command(after_help = BACKUP_EXAMPLES)]
pub(crate) struct BackupArgs {
    /// The store that keeps the backup
    #[arg(value_name = "TARGET")]
    target: StoreUrl,

    #[command(flatten)]
    store: StoreArgs,

    /// This database only
    #[arg(long, env = "TIDEWELL_DB", value_name = "NAME")]
    db: Option<String>,
}

const RESTORE_EXAMPLES: &str = "\
Examples:
  tidewell restore s3://my-backups/metrics --store ./data/store

Databases that are in the store already are refused: restore into an empty one.";

/// Which backup to bring back, and where to.
#[derive(Args, Debug)]
#[command(after_help = RESTORE_EXAMPLES)]
pub(crate) struct RestoreArgs {
    /// The store that keeps the backup
    #[arg(value_name = "BACKUP")]
    backup: StoreUrl,

    #[command(flatten)]
    store: StoreArgs,

    /// This database only
    #[arg(long, env = "TIDEWELL_DB", value_name = "NAME")]
    db: Option<String>,
}

pub(crate) async fn backup(args: BackupArgs, env: Env) -> Result<(), Failure> {
    let engine = open(args.store.store, env).await?;
    let bar = spinner();
    let reports = engine.backup(args.db.as_deref(), &args.target, &|what| bar.set_message(what)).await;
    bar.finish_and_clear();
    print(&reports?)
}

pub(crate) async fn restore(args: RestoreArgs, env: Env) -> Result<(), Failure> {
    let engine = open(args.store.store, env).await?;
    let bar = spinner();
    let reports = engine.restore_backup(args.db.as_deref(), &args.backup, &|what| bar.set_message(what)).await;
    bar.finish_and_clear();
    print(&reports?)
}

fn print(reports: &[BackupReport]) -> Result<(), Failure> {
    let row = |report: &BackupReport| {
        vec![
            report.database.clone(),
            report.version.to_string(),
            report.objects_copied.to_string(),
            report.objects_kept.to_string(),
            show_bytes(report.bytes_copied),
            report.elapsed.as_millis().to_string(),
        ]
    };
    let header = ["database", "version", "objects copied", "there already", "size copied", "ms"];
    Output::stdout().write_table(&header, &reports.iter().map(row).collect::<Vec<_>>())
}
