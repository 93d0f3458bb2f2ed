//! `tidewell rollup [run|create|list|drop]`: tables that are kept as aggregates of others.

mod create;

use std::time::Duration;

use clap::{Args, Subcommand};
use tidewell_engine::{Aggregate, RollupStatus};
use tidewell_env::Env;
use tidewell_wire::rfc3339_ns;

use crate::engine_args::StoreArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::rollup::create::CreateArgs;
use crate::verb::{self, VerbTarget, open};

const EXAMPLES: &str = "\
Examples:
  tidewell rollup create cpu-hourly --from cpu --into cpu_1h --every 1h
  tidewell rollup create by-site --from cpu --into site_1d --every 1d --tags site --fields usage --aggregates sum,count
  tidewell rollup
  tidewell rollup run --store s3://my-bucket/metrics --db metrics --time-limit 10m
  tidewell rollup list --db metrics
  tidewell rollup drop cpu-hourly

A rollup keeps a table as aggregates of another: a row for each span of time and group of tags, with fields such as
mean_usage. A run computes what is due from the folded rows, and again where late rows or deletes came. Any number of
processes may run at a time: a lost race costs work, and nothing counts twice.";

/// What to do with rollups; without a word, what is due is computed.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct RollupArgs {
    #[command(subcommand)]
    command: Option<RollupCommand>,

    #[command(flatten)]
    target: VerbTarget,
}

#[derive(Subcommand, Debug)]
enum RollupCommand {
    /// Compute what is due, as `tidewell rollup` alone does
    #[command(after_help = EXAMPLES)]
    Run(VerbTarget),
    /// Keep a table as aggregates of another from now on; the next run computes its history
    #[command(after_help = EXAMPLES)]
    Create(CreateArgs),
    /// Print every rollup of a database, and what is due of it
    #[command(after_help = EXAMPLES)]
    List(Which),
    /// Give a rollup up; the rows of its table stay
    #[command(after_help = EXAMPLES)]
    Drop(Named),
}

#[derive(Args, Debug)]
struct Which {
    #[command(flatten)]
    store: StoreArgs,

    /// The database
    #[arg(long, env = "TIDEWELL_DB", value_name = "NAME", default_value = "default")]
    db: String,
}

#[derive(Args, Debug)]
struct Named {
    /// Its name, as `rollup list` prints it
    #[arg(value_name = "ROLLUP")]
    name: String,

    #[command(flatten)]
    which: Which,
}

/// Runs one of them.
pub(crate) async fn rollup(args: RollupArgs, env: Env) -> Result<(), Failure> {
    match args.command {
        None => verb::rollup(args.target, env).await,
        Some(RollupCommand::Run(target)) => verb::rollup(target, env).await,
        Some(RollupCommand::Create(args)) => create::create(args, env).await,
        Some(RollupCommand::List(which)) => list(which, env).await,
        Some(RollupCommand::Drop(named)) => drop_one(named, env).await,
    }
}

async fn list(which: Which, env: Env) -> Result<(), Failure> {
    let rollups = open(which.store.store, env).await?.rollups(&which.db).await?;
    Output::stdout().write_table(&HEADER, &rollups.iter().map(row).collect::<Vec<_>>())
}

async fn drop_one(named: Named, env: Env) -> Result<(), Failure> {
    let engine = open(named.which.store.store, env).await?;
    let version = engine.drop_rollup(&named.which.db, &named.name).await?;
    Output::stdout().write_table(&["dropped", "version"], &[vec![named.name, version.to_string()]])
}

const HEADER: [&str; 10] =
    ["rollup", "from", "into", "every", "settle", "tags", "fields", "aggregates", "last step", "due"];

fn row(rollup: &RollupStatus) -> Vec<String> {
    let definition = &rollup.definition;
    let aggregates: Vec<&str> = definition.aggregates.iter().copied().map(Aggregate::name).collect();
    let step = if rollup.stepped == 0 { "none".to_owned() } else { rollup.stepped.to_string() };
    let due = match rollup.due {
        Some(due) => format!("{} to {}", rfc3339_ns(due.min.as_ns()), rfc3339_ns(due.max.as_ns())),
        None => "up to date".to_owned(),
    };
    let names = [rollup.name.clone(), definition.source.to_string(), definition.target.to_string()];
    let spans = [span_text(definition.interval_ms), span_text(definition.settle_ms)];
    let lists = [names_text(definition.tags.as_deref()), names_text(definition.fields.as_deref())];
    names.into_iter().chain(spans).chain(lists).chain([aggregates.join(","), step, due]).collect()
}

/// As `--every` takes it.
fn span_text(ms: u64) -> String {
    humantime::format_duration(Duration::from_millis(ms)).to_string()
}

fn names_text(names: Option<&[String]>) -> String {
    match names {
        None => "all".to_owned(),
        Some([]) => "none".to_owned(),
        Some(names) => names.join(","),
    }
}

#[cfg(test)]
mod tests;
