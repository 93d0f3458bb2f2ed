//! `tidewell fold`: the write-ahead log into segments, once.

use std::time::Duration;

use clap::Args;
use tidewell_engine::{Engine, EngineConfig, FoldOutcome, FoldReport};
use tidewell_env::Env;

use crate::engine_args::{StoreArgs, WalArgs};
use crate::failure::Failure;
use crate::output::Output;
use crate::size::show_bytes;

const EXAMPLES: &str = "\
Examples:
  tidewell fold
  tidewell fold --store s3://my-bucket/metrics
  tidewell fold --store ./data/store --wal-dir ./data/wal --db metrics

Any number of processes may fold one store at a time: a lost race costs work,
never data. A local log is folded only by the process that holds its folder: stop
the server first, or let it fold by itself.";

/// What to fold.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct FoldArgs {
    #[command(flatten)]
    store: StoreArgs,

    #[command(flatten)]
    wal: WalArgs,

    /// Fold this database only
    #[arg(long, env = "TIDEWELL_DB", value_name = "NAME")]
    db: Option<String>,

    /// Begin no database after this time; the next run goes on
    #[arg(long, value_name = "SPAN", value_parser = humantime::parse_duration)]
    time_limit: Option<Duration>,
}

/// Folds and prints a line a database.
pub(crate) async fn fold(args: FoldArgs, env: Env) -> Result<(), Failure> {
    let config =
        EngineConfig { store: args.store.store, wal: args.wal.config(), background: false, ..EngineConfig::default() };
    let engine = Engine::open(config, env).await?;
    let reports = engine.fold(args.db.as_deref(), args.time_limit).await;
    let closed = engine.shutdown().await;
    let rows: Vec<Vec<String>> = reports?.iter().map(row).collect();
    closed?;
    let header = ["database", "outcome", "rows", "segments", "size", "log entries", "version", "ms"];
    Output::stdout().write_table(&header, &rows)
}

fn row(report: &FoldReport) -> Vec<String> {
    let outcome = match report.outcome {
        FoldOutcome::Folded => "folded",
        FoldOutcome::Empty => "nothing to fold",
        FoldOutcome::Elsewhere => "folded by another process",
    };
    vec![
        report.database.clone(),
        outcome.to_owned(),
        report.rows.to_string(),
        report.segments.to_string(),
        show_bytes(report.bytes),
        report.entries.to_string(),
        report.version.to_string(),
        report.elapsed.as_millis().to_string(),
    ]
}
