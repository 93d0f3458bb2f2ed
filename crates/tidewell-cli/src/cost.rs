//! `tidewell cost`: what a month costs, by a description or as a bucket is used.

use std::time::Duration;

use clap::{Args, ValueEnum};
use tidewell_cost::{Description, Estimate, Kept, LogLevel, Prices, Runs, estimate};
use tidewell_engine::{AckLevel, StoreUrl};
use tidewell_env::Env;

use crate::engine_args::{ack_level, interval_ms};
use crate::failure::Failure;
use crate::output::Output;
use crate::size::ByteSize;
use crate::verb::{open, spinner};

const EXAMPLES: &str = "\
Examples:
  tidewell cost --writers 3 --rows-per-second 5000 --retention 90d --queries-per-hour 600
  tidewell cost --lambda --writes-per-second 10 --rows-per-second 1000 --retention 30d
  tidewell cost --store s3://my-bucket/metrics --queries-per-hour 600
  tidewell cost --store s3://my-bucket/metrics --wal-interval 2s --prices s3-standard,write=0.0054

With --store rates and sizes are those that the bucket tells, by its newest commits; queries it cannot tell. Every other flag
goes before what was found. What was assumed is said on stderr.";

/// The use whose cost is estimated.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CostArgs {
    /// Look at the use of this store (a folder, file:///folder, s3://bucket/prefix)
    #[arg(id = "live_store", long = "store", value_name = "STORE")]
    store: Option<StoreUrl>,

    /// With --store: of this database only
    #[arg(long, value_name = "NAME", requires = "live_store")]
    db: Option<String>,

    /// Processes that write
    #[arg(long, value_name = "COUNT")]
    writers: Option<u32>,

    /// Requests a second that write, of each writer
    #[arg(long, value_name = "COUNT")]
    writes_per_second: Option<f64>,

    /// Rows a second, of all writers together
    #[arg(long, value_name = "COUNT")]
    rows_per_second: Option<f64>,

    /// What a row takes in the bucket, compressed
    #[arg(long, value_name = "SIZE")]
    bytes_per_row: Option<f64>,

    /// Databases that are written to
    #[arg(long, value_name = "COUNT")]
    databases: Option<u32>,

    /// When writes are acknowledged
    #[arg(long, value_name = "MODE", value_parser = ack_level())]
    wal_mode: Option<AckLevel>,

    /// Time that writes wait for company in one log object, in milliseconds or like 1s
    #[arg(long, value_name = "MS", value_parser = interval_ms)]
    wal_interval: Option<u64>,

    /// How long rows are kept
    #[arg(long, value_name = "SPAN", value_parser = humantime::parse_duration)]
    retention: Option<Duration>,

    /// Queries an hour, all together
    #[arg(long, value_name = "COUNT")]
    queries_per_hour: Option<f64>,

    /// The span of time that a query asks for, up to now
    #[arg(long, value_name = "SPAN", value_parser = humantime::parse_duration)]
    query_span: Option<Duration>,

    /// What a query's answer sends out of the bucket's region
    #[arg(long, value_name = "SIZE")]
    answer_bytes_out: Option<ByteSize>,

    /// Queries find nothing in a cache
    #[arg(long)]
    cold: bool,

    /// Everything runs on Lambda, as infra/ sets it up
    #[arg(long)]
    lambda: bool,

    /// Prices: s3-standard, s3-express or none, then what differs, like `s3-standard,write=0.0054`
    #[arg(long, env = "TIDEWELL_PRICES", value_name = "PRICES", default_value = "s3-standard")]
    prices: Prices,

    /// How the estimate is printed
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Form::Table)]
    format: Form,
}

/// How an estimate is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// Lines for a person
    Table,
    /// One JSON object, assumptions included
    Json,
}

/// Estimates and prints.
pub(crate) async fn cost(args: CostArgs, env: Env) -> Result<(), Failure> {
    let found = match &args.store {
        None => Description::default(),
        Some(store) => {
            let engine = open(store.clone(), env).await?;
            let bar = spinner();
            bar.set_message("reading the newest commits");
            let observed = engine.observed(args.db.as_deref()).await;
            bar.finish_and_clear();
            Description::from_observed(&observed?)
        }
    };
    let description = args.over(found);
    let estimate = estimate(&description, &args.prices).map_err(|error| Failure::Usage(error.to_string()))?;
    match args.format {
        Form::Table => print(&estimate),
        Form::Json => {
            let text = serde_json::to_string_pretty(&estimate).map_err(|error| Failure::work(error.to_string()))?;
            let mut out = Output::stdout();
            out.write(text.as_bytes())?;
            out.write(b"\n")?;
            out.finish()
        }
    }
}

impl CostArgs {
    /// What the flags say, and what was found where they say nothing.
    fn over(&self, found: Description) -> Description {
        let log = self.wal_mode.map(|mode| match mode {
            AckLevel::Object => LogLevel::Object,
            AckLevel::Quorum => LogLevel::Quorum,
            _ => LogLevel::Local,
        });
        Description {
            writers: self.writers.unwrap_or(found.writers),
            writes_per_second: self.writes_per_second.unwrap_or(found.writes_per_second),
            rows_per_second: self.rows_per_second.unwrap_or(found.rows_per_second),
            bytes_per_row: self.bytes_per_row.unwrap_or(found.bytes_per_row),
            databases: self.databases.unwrap_or(found.databases),
            log: log.unwrap_or(found.log),
            flush_interval_ms: self.wal_interval.map_or(found.flush_interval_ms, |ms| ms as f64),
            kept: self.retention.map_or(found.kept, |span| Kept::Days(span.as_secs_f64() / 86_400.0)),
            queries_per_hour: self.queries_per_hour.unwrap_or(found.queries_per_hour),
            query_span_hours: self.query_span.map_or(found.query_span_hours, |span| span.as_secs_f64() / 3_600.0),
            is_cache_warm: found.is_cache_warm && !self.cold,
            bytes_out_per_query: self.answer_bytes_out.as_ref().map_or(found.bytes_out_per_query, |size| size.0 as f64),
            runs: if self.lambda { Runs::LAMBDA } else { found.runs },
            ..found
        }
    }
}

fn print(estimate: &Estimate) -> Result<(), Failure> {
    let line = |item: &tidewell_cost::LineItem| {
        vec![item.what.to_owned(), format!("{:.0}", item.count), item.unit.to_owned(), format!("{:.2}", item.usd)]
    };
    let mut rows: Vec<Vec<String>> = estimate.items.iter().map(line).collect();
    let total = format!("{:.2}", estimate.total_usd);
    rows.push(vec!["a month".to_owned(), String::new(), String::new(), total]);
    Output::stdout().write_table(&["what", "a month", "of", "USD"], &rows)?;
    for assumption in &estimate.assumptions {
        eprintln!("{assumption}");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
