//! `tidewell query`: one SQL query, its answer on stdout or in a file.

use std::collections::BTreeMap;
use std::io::{IsTerminal, stderr};
use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use futures::StreamExt;
use reqwest::Method;
use serde_json::json;
use tidewell_engine::{Consistency, Engine, EngineError, Prices, ReadOptions};
use tidewell_env::Env;
use tidewell_wire::{Encoder, Format, pieces};

use crate::failure::Failure;
use crate::output::Output;
use crate::server_client::{ServerClient, refusal};
use crate::size::show_bytes;
use crate::target::{Target, TargetArgs};

const EXAMPLES: &str = "\
Examples:
  tidewell query 'SELECT * FROM cpu ORDER BY time DESC LIMIT 10'
  tidewell query --format csv --file report.sql > report.csv
  echo 'SELECT count(*) FROM cpu' | tidewell query -
  tidewell query --format parquet -o cpu.parquet 'SELECT * FROM cpu'
  tidewell query --store s3://my-bucket/metrics 'SELECT max(usage) FROM cpu'
  tidewell query --snapshot before-upgrade 'SELECT count(*) FROM cpu'";

/// What to ask, whom, and how to write the answer.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct QueryArgs {
    #[command(flatten)]
    target: TargetArgs,

    /// Database to query
    #[arg(long, env = "TIDEWELL_DB", value_name = "NAME", default_value = "default")]
    db: String,

    /// Format of the answer; a table shows the first 1000 rows
    #[arg(long, env = "TIDEWELL_FORMAT", default_value = "table", value_parser = format())]
    format: Format,

    /// Write the answer to this file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Read the query from this file
    #[arg(long, value_name = "FILE", conflicts_with = "sql")]
    file: Option<PathBuf>,

    /// How fresh the answer must be: strong, session or bounded:<milliseconds>; by default strong, session with --after
    #[arg(long, value_name = "LEVEL")]
    consistency: Option<Consistency>,

    /// See the write with this token, from the reply header X-Tidewell-Session
    #[arg(long, value_name = "TOKEN")]
    after: Option<String>,

    /// Read the version that this snapshot names
    #[arg(long, value_name = "NAME", conflicts_with_all = ["consistency", "after"])]
    snapshot: Option<String>,

    /// The query, `-` to read it from stdin
    #[arg(value_name = "SQL", required_unless_present = "file")]
    sql: Option<String>,
}

impl QueryArgs {
    fn read_options(&self) -> ReadOptions {
        ReadOptions { consistency: self.consistency, after: self.after.clone(), snapshot: self.snapshot.clone() }
    }
}

fn format() -> impl TypedValueParser<Value = Format> {
    let table = PossibleValue::new("table").alias("pretty");
    let values = [table, "csv".into(), "json".into(), "jsonl".into(), "parquet".into()];
    PossibleValuesParser::new(values).try_map(|name| name.parse::<Format>())
}

/// Asks and writes the answer as it arrives.
pub(crate) async fn query(args: QueryArgs, env: Env) -> Result<(), Failure> {
    let sql = read_sql(&args)?;
    if args.format == Format::Parquet && args.output.is_none() && std::io::stdout().is_terminal() {
        return Err(Failure::Usage("Parquet is no text: name a file with -o, or redirect stdout".to_owned()));
    }
    match args.target.open(None, env.clone()).await? {
        Target::Server(server) => ask_server(&args, &server, &sql, &env).await,
        Target::Store(engine) => ask_store(&args, &engine, &sql, &env).await,
    }
}

fn read_sql(args: &QueryArgs) -> Result<String, Failure> {
    let read = |name: &str, text: std::io::Result<String>| text.map_err(|error| Failure::io(name, &error));
    match (&args.file, &args.sql) {
        (Some(path), _) => read(&path.display().to_string(), std::fs::read_to_string(path)),
        (None, Some(sql)) if sql == "-" => read("stdin", std::io::read_to_string(std::io::stdin())),
        (None, sql) => Ok(sql.clone().unwrap_or_default()),
    }
}

async fn ask_server(args: &QueryArgs, server: &ServerClient, sql: &str, env: &Env) -> Result<(), Failure> {
    let start = env.monotonic();
    let consistency = args.consistency.map(|consistency| consistency.to_string());
    let body = json!({
        "db": args.db, "q": sql, "format": args.format.name(),
        "consistency": consistency, "after": args.after, "snapshot": args.snapshot,
    })
    .to_string();
    let request = server.request(Method::POST, "api/v3/query_sql")?;
    let mut response = server.send(request.header("Content-Type", "application/json").body(body)).await?;
    if !response.status().is_success() {
        return Err(refusal(response).await);
    }
    let mut output = Output::open(args.output.as_deref())?;
    let mut byte_count = 0;
    while let Some(chunk) = response.chunk().await.map_err(|error| server.no_answer(&error))? {
        byte_count += chunk.len() as u64;
        output.write(&chunk)?;
    }
    output.finish()?;
    let version = response.headers().get("x-tidewell-version").and_then(|value| value.to_str().ok());
    let version = version.map(|version| format!(", version {version}")).unwrap_or_default();
    say(&format!("{} in {} ms{version}", show_bytes(byte_count), (env.monotonic() - start).as_millis()));
    Ok(())
}

async fn ask_store(args: &QueryArgs, engine: &Engine, sql: &str, env: &Env) -> Result<(), Failure> {
    let start = env.monotonic();
    let mut answer = engine.query_sql(&args.db, sql, BTreeMap::new(), &args.read_options()).await?;
    let mut encoder = Encoder::new(args.format, &answer.schema).map_err(|error| Failure::work(error.to_string()))?;
    let mut output = Output::open(args.output.as_deref())?;
    let mut row_count = 0;
    while let Some(batch) = answer.rows.next().await {
        let batch = batch.map_err(EngineError::from)?;
        row_count += batch.num_rows();
        for piece in pieces(&batch) {
            output.write(&encoder.batch(&piece).map_err(|error| Failure::work(error.to_string()))?)?;
        }
    }
    output.write(&encoder.finish().map_err(|error| Failure::work(error.to_string()))?)?;
    output.finish()?;
    let (read, usage) = (&answer.statistics, answer.statistics.usage());
    say(&format!(
        "{row_count} rows in {} ms, {} of {} segments, {} requests, ${:.7}, version {}",
        (env.monotonic() - start).as_millis(),
        read.segments_read(),
        read.segments_considered(),
        usage.requests(),
        Prices::default().requests_usd(&usage),
        read.version(),
    ));
    Ok(())
}

/// Statistics are for a person who watches.
fn say(statistics: &str) {
    if stderr().is_terminal() {
        eprintln!("{statistics}");
    }
}
