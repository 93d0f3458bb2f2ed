//! `tidewell export`: a table or an answer as files, here or in a bucket.

mod files;
mod rows_encoder;

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::Method;
use serde_json::json;
use tidewell_engine::{Consistency, Engine, EngineError, Outlet, ReadOptions, TimestampNs, Timezone, parse_instant};
use tidewell_env::Env;
use tidewell_wire::{ExportCompression, Format, PartitionBy, pieces};

use crate::failure::Failure;
use crate::output::Output;
use crate::server_client::{ServerClient, refusal};
use crate::size::show_bytes;
use crate::target::{Target, TargetArgs};

use files::{FileOptions, Files, Written};

const EXAMPLES: &str = "\
Examples:
  tidewell export cpu -o cpu.parquet
  tidewell export cpu --start 2024-01-01 --end 2024-02-01 -o january.csv
  tidewell export --sql 'SELECT host, avg(usage) FROM cpu GROUP BY host' -o usage.parquet
  tidewell export cpu --store ./data/store --partition-by day -o backup/cpu
  tidewell export cpu --store s3://my-bucket/metrics --compression zstd:9 -o s3://other/cpu.parquet

Rows are written as they are read, so memory stays bounded. A file has its name once it is whole. With --partition-by
the output is a folder of folders (day=2024-01-31/part-0.parquet). Compression, row groups and partitions are made by
this program, so they want --store; a server sends one file as it makes it.";

/// What to export, from where, to where.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    target: TargetArgs,

    /// Database to read
    #[arg(long, env = "TIDEWELL_DB", value_name = "NAME", default_value = "default")]
    db: String,

    /// Where to: a file whose name ends in .parquet, .csv, .json or .jsonl, with --partition-by a folder; here, or s3://…
    #[arg(long, short, value_name = "PLACE")]
    output: String,

    /// Format, where the name of the output does not say
    #[arg(long, value_name = "FORMAT", value_parser = ["parquet", "csv", "json", "jsonl"])]
    format: Option<String>,

    /// Export the answer to this SQL
    #[arg(long, value_name = "SQL", conflicts_with_all = ["table", "start", "end"], required_unless_present = "table")]
    sql: Option<String>,

    /// Rows from this time on; any spelling
    #[arg(long, value_name = "TIME", value_parser = instant)]
    start: Option<TimestampNs>,

    /// Rows before this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    end: Option<TimestampNs>,

    /// Of Parquet: none, snappy, lz4 or zstd, with a level as in zstd:9; zstd if not given
    #[arg(long, value_name = "CODEC")]
    compression: Option<ExportCompression>,

    /// Of Parquet: rows of a row group
    #[arg(long, value_name = "ROWS")]
    row_group_size: Option<usize>,

    /// Divide by year, month, day or hour, or by the values of a column
    #[arg(long, value_name = "SPAN|COLUMN")]
    partition_by: Option<PartitionBy>,

    /// Read the version that this snapshot names
    #[arg(long, value_name = "NAME")]
    snapshot: Option<String>,

    /// How fresh the rows must be: strong, session or bounded:<milliseconds>
    #[arg(long, value_name = "LEVEL", conflicts_with = "snapshot")]
    consistency: Option<Consistency>,

    /// Table to export
    #[arg(value_name = "TABLE")]
    table: Option<String>,
}

fn instant(text: &str) -> Result<TimestampNs, String> {
    parse_instant(text, Timezone::UTC).map_err(|error| error.to_string())
}

/// Writes the rows; says how many on a terminal.
pub(crate) async fn export(args: ExportArgs, env: Env) -> Result<(), Failure> {
    let format = format(&args)?;
    match args.target.open(None, env.clone()).await? {
        Target::Server(server) => from_server(&args, format, &server, env).await,
        Target::Store(engine) => from_store(&args, format, &engine, env).await,
    }
}

fn format(args: &ExportArgs) -> Result<Format, Failure> {
    let ending = Path::new(&args.output).extension().and_then(|ending| ending.to_str());
    let named = match (args.format.as_deref(), ending) {
        (Some(name), _) => name.parse().ok(),
        (None, Some("parquet" | "pq")) => Some(Format::Parquet),
        (None, Some("csv")) => Some(Format::Csv),
        (None, Some("json")) => Some(Format::Json),
        (None, Some("jsonl" | "ndjson")) => Some(Format::JsonLines),
        (None, _) if args.partition_by.is_some() => Some(Format::Parquet),
        (None, _) => None,
    };
    let unclear = || format!("{:?} does not say the format: end it in .parquet or .csv, or give --format", args.output);
    let format: Format = named.ok_or_else(|| Failure::Usage(unclear()))?;
    if format != Format::Parquet && (args.compression.is_some() || args.row_group_size.is_some()) {
        return Err(Failure::Usage("--compression and --row-group-size are of Parquet: leave them out".to_owned()));
    }
    Ok(format)
}

fn statement(args: &ExportArgs) -> String {
    let Some(table) = &args.table else { return args.sql.clone().unwrap_or_default() };
    let bounds = [(args.start, ">="), (args.end, "<")].into_iter().filter_map(|(time, sign)| {
        Some(format!("time {sign} arrow_cast({}, 'Timestamp(Nanosecond, None)')", time?.as_ns()))
    });
    let bounds: Vec<String> = bounds.collect();
    let filter = if bounds.is_empty() { String::new() } else { format!(" WHERE {}", bounds.join(" AND ")) };
    format!("SELECT * FROM \"{}\"{filter}", table.replace('"', "\"\""))
}

async fn from_store(args: &ExportArgs, format: Format, engine: &Engine, env: Env) -> Result<(), Failure> {
    let read = ReadOptions { consistency: args.consistency, after: None, snapshot: args.snapshot.clone() };
    let mut answer = engine.query_sql(&args.db, &statement(args), BTreeMap::new(), &read).await?;
    let options = FileOptions {
        format,
        compression: args.compression,
        row_group_rows_max: args.row_group_size,
        partition_by: args.partition_by.clone(),
    };
    let mut files = Files::new(&args.output, options, &answer.schema, env)?;
    let bar = rows_bar();
    let written = async {
        while let Some(batch) = answer.rows.next().await {
            let batch = batch.map_err(EngineError::from)?;
            for piece in pieces(&batch) {
                files.write(&piece).await?;
                bar.inc(piece.num_rows() as u64);
            }
        }
        files.finish().await
    }
    .await;
    bar.finish_and_clear();
    if written.is_err() {
        files.abort().await;
    }
    say(&written?)
}

/// One file, as the server makes it.
async fn from_server(args: &ExportArgs, format: Format, server: &ServerClient, env: Env) -> Result<(), Failure> {
    if args.partition_by.is_some() || args.compression.is_some() || args.row_group_size.is_some() {
        let message =
            "--partition-by, --compression and --row-group-size want --store: a server sends one file as it is";
        return Err(Failure::Usage(message.to_owned()));
    }
    let consistency = args.consistency.map(|consistency| consistency.to_string());
    let body = json!({
        "db": args.db, "q": statement(args), "format": format.name(),
        "consistency": consistency, "snapshot": args.snapshot,
    });
    let request = server.request(Method::POST, "api/v3/query_sql")?;
    let request = request.header("Content-Type", "application/json").body(body.to_string());
    let mut response = server.send(request).await?;
    if !response.status().is_success() {
        return Err(refusal(response).await);
    }
    let (place, name) = files::place_and_name(&args.output);
    let mut file = Outlet::open(place, env)?.begin(name)?;
    let mut byte_count = 0;
    let received = async {
        while let Some(chunk) = response.chunk().await.map_err(|error| server.no_answer(&error))? {
            byte_count += chunk.len() as u64;
            file.write(&chunk).await?;
        }
        Ok::<_, Failure>(())
    }
    .await;
    match received {
        Ok(()) => file.finish().await?,
        Err(failure) => {
            // The failure itself is what the user needs to hear.
            drop(file.abort().await);
            return Err(failure);
        }
    }
    eprintln!("{}: {}", args.output, show_bytes(byte_count));
    Ok(())
}

fn say(written: &[Written]) -> Result<(), Failure> {
    let rows =
        written.iter().map(|file| vec![file.name.clone(), file.row_count.to_string(), show_bytes(file.byte_count)]);
    Output::stdout().write_table(&["file", "rows", "bytes"], &rows.collect::<Vec<_>>())
}

/// Rows so far, on a terminal only.
fn rows_bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {human_pos} rows, {per_sec}, {elapsed}") {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests;
