//! `tidewell catalog scan|search|list`: datasets of Parquet that lie in a bucket, found again.

mod scan;
mod search;

use clap::{Args, Subcommand};
use tidewell_engine::DatasetRecord;
use tidewell_env::Env;

use crate::failure::Failure;
use crate::output::Output;
use crate::size::show_bytes;
use crate::target::{Target, TargetArgs};

const EXAMPLES: &str = "\
Examples:
  tidewell catalog scan s3://lake/sensors --store s3://my-bucket/metrics
  tidewell catalog scan ./data/lake --estimate
  tidewell catalog search 'temprature kitchen'
  tidewell catalog search --register 'weather hourly' -m weather --store s3://my-bucket/metrics
  tidewell catalog list

A dataset is a folder of Parquet files; key=value folders are part of it, and a YAML file beside the data (dataset.yaml) may
name it, describe it and say which columns tell its series apart. A scan reads only what changed since the last one.";

/// What to do with the catalog.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CatalogArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// The verbs.
#[derive(Subcommand, Debug)]
enum Verb {
    /// Find datasets below a prefix, and count their rows and series
    #[command(after_help = EXAMPLES)]
    Scan(scan::ScanArgs),
    /// Search series, names, tags and descriptions; typos are forgiven
    #[command(after_help = EXAMPLES)]
    Search(search::SearchArgs),
    /// List all datasets
    List(ListArgs),
}

/// Whose datasets.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
struct ListArgs {
    #[command(flatten)]
    target: TargetArgs,

    /// Database whose catalog it is
    #[arg(long, env = "TIDEWELL_DB", value_name = "NAME", default_value = "default")]
    db: String,
}

/// Does it.
pub(crate) async fn catalog(args: CatalogArgs, env: Env) -> Result<(), Failure> {
    match args.verb {
        Verb::Scan(args) => scan::scan(args, env).await,
        Verb::Search(args) => search::search(args, env).await,
        Verb::List(args) => list(args, env).await,
    }
}

async fn list(args: ListArgs, env: Env) -> Result<(), Failure> {
    let records = match args.target.open(None, env).await? {
        Target::Store(engine) => engine.datasets(&args.db).await?,
        Target::Server(server) => {
            let reply = server.get_json("api/v1/catalog/datasets", &[("db", &args.db)]).await?;
            serde_json::from_value(reply.get("datasets").cloned().unwrap_or_default())
                .map_err(|error| Failure::work(format!("the server's answer makes no sense: {error}")))?
        }
    };
    Output::stdout().write_table(&HEADER, &records.iter().map(row).collect::<Vec<_>>())
}

const HEADER: [&str; 9] = ["dataset", "place", "files", "bytes", "rows", "series", "rows/series", "from", "to"];

fn row(record: &DatasetRecord) -> Vec<String> {
    let about = if record.estimate.is_some() { "~" } else { "" };
    let lengths = format!("{}/{:.1}/{}", record.series_rows_min, record.series_rows_avg(), record.series_rows_max);
    let (from, to) = match record.time {
        Some(time) => (tidewell_wire::rfc3339_ns(time.min_ns), tidewell_wire::rfc3339_ns(time.max_ns)),
        None => Default::default(),
    };
    let place = match record.root.is_empty() {
        true => record.source.clone(),
        false => format!("{}/{}", record.source, record.root),
    };
    let counts = [format!("{about}{}", record.row_count), format!("{about}{}", record.series_count)];
    [record.name.clone(), place, record.file_count.to_string(), show_bytes(record.bytes)]
        .into_iter()
        .chain(counts)
        .chain([lengths, from, to])
        .collect()
}
