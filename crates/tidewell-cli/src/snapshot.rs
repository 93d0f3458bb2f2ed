//! `tidewell snapshot create|list|drop|restore`: versions with a name.

use std::time::{Duration, UNIX_EPOCH};

use clap::{Args, Subcommand};
use tidewell_engine::{Engine, SnapshotInfo};
use tidewell_env::Env;

use crate::engine_args::{StoreArgs, WalArgs};
use crate::failure::Failure;
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  tidewell snapshot create before-upgrade
  tidewell snapshot list
  tidewell query --snapshot before-upgrade 'SELECT count(*) FROM cpu'
  tidewell snapshot restore before-upgrade
  tidewell snapshot drop before-upgrade

A snapshot copies nothing: it keeps what its version needs until it is dropped.";

/// What to do with snapshots.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SnapshotArgs {
    #[command(subcommand)]
    command: SnapshotCommand,
}

#[derive(Subcommand, Debug)]
enum SnapshotCommand {
    /// Give the newest version a name
    Create(Named),
    /// Print every snapshot of a database
    List(Which),
    /// Give a name up; what only it kept is collected
    Drop(Named),
    /// Put a snapshot's rows in the place of today's
    Restore(Named),
}

#[derive(Args, Debug)]
struct Which {
    #[command(flatten)]
    store: StoreArgs,

    #[command(flatten)]
    wal: WalArgs,

    /// The database
    #[arg(long, env = "TIDEWELL_DB", value_name = "NAME", default_value = "default")]
    db: String,
}

#[derive(Args, Debug)]
struct Named {
    /// Its name: letters, digits, `.`, `_` and `-`
    #[arg(value_name = "SNAPSHOT")]
    name: String,

    #[command(flatten)]
    which: Which,
}

/// Runs one of them.
pub(crate) async fn snapshot(args: SnapshotArgs, env: Env) -> Result<(), Failure> {
    match args.command {
        SnapshotCommand::Create(named) => {
            let engine = open(&named.which, env).await?;
            let made = engine.create_snapshot(&named.which.db, &named.name).await;
            engine.shutdown().await?;
            print(&[made?])
        }
        SnapshotCommand::List(which) => print(&open(&which, env).await?.snapshots(&which.db).await?),
        SnapshotCommand::Drop(named) => {
            let engine = open(&named.which, env).await?;
            Ok(engine.drop_snapshot(&named.which.db, &named.name).await?)
        }
        SnapshotCommand::Restore(named) => {
            let engine = open(&named.which, env).await?;
            let version = engine.restore_snapshot(&named.which.db, &named.name).await;
            engine.shutdown().await?;
            let row = vec![named.name.clone(), version?.to_string()];
            Output::stdout().write_table(&["restored", "version"], &[row])
        }
    }
}

async fn open(which: &Which, env: Env) -> Result<Engine, Failure> {
    let config = tidewell_engine::EngineConfig {
        store: which.store.store.clone(),
        wal: which.wal.config(),
        background: false,
        ..tidewell_engine::EngineConfig::default()
    };
    Ok(Engine::open(config, env).await?)
}

fn instant(snapshot: &SnapshotInfo) -> String {
    let since_epoch = Duration::from_nanos(u64::try_from(snapshot.created_at.as_ns()).unwrap_or(0));
    humantime::format_rfc3339_seconds(UNIX_EPOCH + since_epoch).to_string()
}

fn print(snapshots: &[SnapshotInfo]) -> Result<(), Failure> {
    let rows: Vec<Vec<String>> = snapshots
        .iter()
        .map(|snapshot| vec![snapshot.name.clone(), snapshot.version.to_string(), instant(snapshot)])
        .collect();
    Output::stdout().write_table(&["snapshot", "version", "created"], &rows)
}
