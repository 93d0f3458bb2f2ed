//! `tidewell rollup|compact|tier|expire|gc`: one maintenance verb, once.

use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tidewell_engine::{Engine, EngineConfig, Figure, StoreUrl, Verb, VerbOptions, VerbReport, VerbRun};
use tidewell_env::Env;

use crate::engine_args::StoreArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::size::show_bytes;

/// How often the line of progress moves, in milliseconds.
const TICK_MS: u64 = 120;

/// Which store and which of its databases.
#[derive(Args, Debug)]
pub(crate) struct VerbTarget {
    #[command(flatten)]
    store: StoreArgs,

    /// This database only
    #[arg(long, env = "TIDEWELL_DB", value_name = "NAME")]
    db: Option<String>,

    /// Stop taking on work after this time; the next run goes on from there
    #[arg(long, value_name = "SPAN", value_parser = humantime::parse_duration)]
    time_limit: Option<Duration>,
}

const COMPACT_EXAMPLES: &str = "\
Examples:
  tidewell compact
  tidewell compact --store s3://my-bucket/metrics --db metrics
  tidewell compact --time-limit 10m

Makes few large segments of many small ones, and leaves deleted and expired rows out. Any number of processes may
compact one store at a time, beside servers and folds: a lost race costs work, never data.";

/// What to compact.
#[derive(Args, Debug)]
#[command(after_help = COMPACT_EXAMPLES)]
pub(crate) struct CompactArgs {
    #[command(flatten)]
    target: VerbTarget,
}

const TIER_EXAMPLES: &str = "\
Examples:
  tidewell tier --cold-after 7d
  tidewell tier --store s3://my-bucket/metrics --cold-after 30d

Writes segments anew, smaller and slower to read (Zstd, large row groups), once their newest row is so old. Each is
read back and compared before it takes the place of the old ones.";

/// What to move, and when it counts as cold.
#[derive(Args, Debug)]
#[command(after_help = TIER_EXAMPLES)]
pub(crate) struct TierArgs {
    #[command(flatten)]
    target: VerbTarget,

    /// Age of the newest row from which on a segment is cold
    #[arg(long, env = "TIDEWELL_COLD_AFTER", value_name = "SPAN", default_value = "7d")]
    #[arg(value_parser = humantime::parse_duration)]
    cold_after: Duration,
}

const EXPIRE_EXAMPLES: &str = "\
Examples:
  tidewell db retention metrics 90d
  tidewell expire
  tidewell expire --store s3://my-bucket/metrics --db metrics

Rows older than the retention of their table or database stop counting at once. Their space is freed by gc for whole
segments, by compaction for parts.";

/// What to expire.
#[derive(Args, Debug)]
#[command(after_help = EXPIRE_EXAMPLES)]
pub(crate) struct ExpireArgs {
    #[command(flatten)]
    target: VerbTarget,
}

const GC_EXAMPLES: &str = "\
Examples:
  tidewell gc --dry-run
  tidewell gc --store s3://my-bucket/metrics --grace 10m

Deletes objects that no version, snapshot or log needs any more, and nothing else: what a clock says is never enough.
A run that would delete an unusual share of a database stops and says so.";

/// What to collect.
#[derive(Args, Debug)]
#[command(after_help = GC_EXAMPLES)]
pub(crate) struct GcArgs {
    #[command(flatten)]
    target: VerbTarget,

    /// Say what would be deleted, and delete nothing
    #[arg(long)]
    dry_run: bool,

    /// Time that readers of an older version are given before its segments go
    #[arg(long = "grace", env = "TIDEWELL_GC_GRACE", value_name = "SPAN", default_value = "1h")]
    #[arg(value_parser = humantime::parse_duration)]
    gc_grace: Duration,

    /// Delete even where it is an unusual share of the database's objects
    #[arg(long)]
    force: bool,
}

pub(crate) async fn rollup(target: VerbTarget, env: Env) -> Result<(), Failure> {
    run(target, Verb::Rollup, VerbOptions::default(), env).await
}

pub(crate) async fn compact(args: CompactArgs, env: Env) -> Result<(), Failure> {
    run(args.target, Verb::Compact, VerbOptions::default(), env).await
}

pub(crate) async fn tier(args: TierArgs, env: Env) -> Result<(), Failure> {
    run(args.target, Verb::Tier, VerbOptions { cold_after: args.cold_after, ..VerbOptions::default() }, env).await
}

pub(crate) async fn expire(args: ExpireArgs, env: Env) -> Result<(), Failure> {
    run(args.target, Verb::Expire, VerbOptions::default(), env).await
}

pub(crate) async fn gc(args: GcArgs, env: Env) -> Result<(), Failure> {
    let options = VerbOptions {
        dry_run: args.dry_run,
        reader_grace: args.gc_grace,
        deleted_fraction_max: if args.force { 1.0 } else { VerbOptions::default().deleted_fraction_max },
        ..VerbOptions::default()
    };
    run(args.target, Verb::Collect, options, env).await
}

async fn run(target: VerbTarget, verb: Verb, options: VerbOptions, env: Env) -> Result<(), Failure> {
    let engine = open(target.store.store, env).await?;
    let options = VerbOptions { time_limit: target.time_limit, ..options };
    let bar = spinner();
    let run = engine.maintain(verb, target.db.as_deref(), &options, &|what| bar.set_message(what)).await;
    bar.finish_and_clear();
    let VerbRun { reports, left } = run?;
    if !left.is_empty() {
        eprintln!("no time was left for: {}", left.join(", "));
    }
    let header: Vec<&str> = match reports.first() {
        Some(report) => ["database"].into_iter().chain(report.figures.iter().map(|figure| figure.name)).collect(),
        None => vec!["database"],
    };
    let header: Vec<&str> = header.into_iter().chain(["ms"]).collect();
    Output::stdout().write_table(&header, &reports.iter().map(row).collect::<Vec<_>>())
}

/// An engine without background work.
pub(crate) async fn open(store: StoreUrl, env: Env) -> Result<Engine, Failure> {
    let config = EngineConfig { store, background: false, ..EngineConfig::default() };
    Ok(Engine::open(config, env).await?)
}

/// A line of progress on a terminal, nothing elsewhere.
pub(crate) fn spinner() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(TICK_MS));
    bar
}

fn row(report: &VerbReport) -> Vec<String> {
    let figures = report.figures.iter().map(|figure: &Figure| match figure.is_bytes {
        true => show_bytes(figure.value),
        false => figure.value.to_string(),
    });
    let elapsed = report.elapsed.as_millis().to_string();
    [report.database.clone()].into_iter().chain(figures).chain([elapsed]).collect()
}
