//! `tidewell db`: the databases of a server or a store.

use std::time::Duration;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::Value;
use tidewell_env::Env;

use crate::engine_args::StoreArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::server_client::{ServerClient, refusal};
use crate::target::{Target, TargetArgs};
use crate::verb::open;

const EXAMPLES: &str = "\
Examples:
  tidewell db list
  tidewell db list --store s3://my-bucket/metrics";

const RETENTION_EXAMPLES: &str = "\
Examples:
  tidewell db retention metrics 90d
  tidewell db retention metrics forever --table billing
  tidewell db retention metrics 30d --store s3://my-bucket/metrics";

/// What to do with databases.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DbArgs {
    #[command(subcommand)]
    command: DbCommand,
}

#[derive(Subcommand, Debug)]
enum DbCommand {
    /// Print the name of every database, one a line
    #[command(after_help = EXAMPLES)]
    List(TargetArgs),
    /// Set how long rows are kept; `tidewell expire` and servers let older ones go
    #[command(after_help = RETENTION_EXAMPLES)]
    Retention(RetentionArgs),
}

#[derive(Args, Debug)]
struct RetentionArgs {
    /// The database
    #[arg(value_name = "DATABASE")]
    database: String,

    /// How long, like 90d or 12h; `forever` keeps all
    #[arg(value_name = "SPAN", value_parser = retention)]
    span: Retention,

    /// Of this table only, whatever the database says
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,

    #[command(flatten)]
    store: StoreArgs,
}

/// A span of time, or none for ever.
#[derive(Clone, Copy, Debug)]
struct Retention(Option<Duration>);

fn retention(text: &str) -> Result<Retention, String> {
    match text {
        "forever" => Ok(Retention(None)),
        text => match humantime::parse_duration(text) {
            Ok(span) if span.as_secs() >= 60 => Ok(Retention(Some(span))),
            Ok(_) => Err("less than a minute keeps nothing: give a longer span, or forever".to_owned()),
            Err(error) => Err(format!("{error}; give a span like 90d, or forever")),
        },
    }
}

/// Runs one of them.
pub(crate) async fn db(args: DbArgs, env: Env) -> Result<(), Failure> {
    match args.command {
        DbCommand::List(target) => list(target, env).await,
        DbCommand::Retention(args) => set_retention(args, env).await,
    }
}

async fn set_retention(args: RetentionArgs, env: Env) -> Result<(), Failure> {
    let engine = open(args.store.store, env).await?;
    engine.set_retention(&args.database, args.table.as_deref(), args.span.0).await?;
    let span = args.span.0.map_or("forever".to_owned(), |span| humantime::format_duration(span).to_string());
    let row = vec![args.database, args.table.unwrap_or_else(|| "all that do not say".to_owned()), span];
    Output::stdout().write_table(&["database", "table", "kept for"], &[row])
}

async fn list(target: TargetArgs, env: Env) -> Result<(), Failure> {
    let names = match target.open(None, env).await? {
        Target::Server(server) => ask_server(&server).await?,
        Target::Store(engine) => engine.databases().await?,
    };
    let mut output = Output::stdout();
    for name in names {
        output.write(format!("{name}\n").as_bytes())?;
    }
    output.finish()
}

async fn ask_server(server: &ServerClient) -> Result<Vec<String>, Failure> {
    let request = server.request(Method::GET, "api/v3/configure/database")?.query(&[("format", "json")]);
    let response = server.send(request).await?;
    if !response.status().is_success() {
        return Err(refusal(response).await);
    }
    let body = response.bytes().await.map_err(|error| server.no_answer(&error))?;
    let rows: Vec<Value> = serde_json::from_slice(&body)
        .map_err(|error| Failure::work(format!("the server's list is unreadable: {error}")))?;
    let name = |row: &Value| row.get("iox::database").and_then(Value::as_str).map(str::to_owned);
    Ok(rows.iter().filter_map(name).collect())
}
