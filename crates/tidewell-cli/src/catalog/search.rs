//! `tidewell catalog search`: datasets and series by words.

use clap::Args;
use serde_json::Value;
use tidewell_engine::{CatalogQuery, Engine, Hit};
use tidewell_env::Env;

use crate::failure::Failure;
use crate::output::Output;
use crate::server_client::ServerClient;
use crate::target::{Target, TargetArgs};

/// What to search.
#[derive(Args, Debug)]
pub(super) struct SearchArgs {
    #[command(flatten)]
    target: TargetArgs,

    /// Database whose catalog it is
    #[arg(long, env = "TIDEWELL_DB", value_name = "NAME", default_value = "default")]
    db: String,

    /// Datasets that are shown
    #[arg(long, value_name = "DATASETS", default_value_t = 20)]
    limit: usize,

    /// Series that are shown of each
    #[arg(long, value_name = "SERIES", default_value_t = 5)]
    series: usize,

    /// Register the best dataset's files as a table; wants --store
    #[arg(long, requires = "direct_store")]
    register: bool,

    /// With --register: the table; the dataset's name if not given
    #[arg(long, short, value_name = "TABLE")]
    measurement: Option<String>,

    /// The words
    #[arg(value_name = "WORDS", required = true)]
    words: Vec<String>,
}

pub(super) async fn search(args: SearchArgs, env: Env) -> Result<(), Failure> {
    match args.target.open(None, env).await? {
        Target::Store(engine) => in_store(&args, &engine).await,
        Target::Server(server) => at_server(&args, &server).await,
    }
}

async fn in_store(args: &SearchArgs, engine: &Engine) -> Result<(), Failure> {
    let query =
        CatalogQuery { limit: args.limit, series_limit: args.series, ..CatalogQuery::of(&args.words.join(" ")) };
    let found = engine.search_catalog(&args.db, &query).await?;
    let rows: Vec<Vec<String>> = found.hits.iter().flat_map(rows).collect();
    Output::stdout().write_table(&HEADER, &rows)?;
    if !args.register {
        return Ok(());
    }
    let best = found.hits.first().ok_or_else(|| Failure::work("no dataset was found, so none is registered"))?;
    let table = args.measurement.as_deref().unwrap_or(&best.record.name);
    let report = engine.register_dataset(&args.db, table, &best.record).await?;
    for failure in &report.failures {
        eprintln!("{}: {}", failure.file, failure.reason);
    }
    eprintln!("{}: {} files registered as table {table}", best.record.name, report.files);
    match report.failures.len() {
        0 => Ok(()),
        failed => Err(Failure::work(format!("{failed} files were not registered; all others are"))),
    }
}

const HEADER: [&str; 5] = ["dataset", "score", "series found", "series", "rows"];

/// A row for the dataset, and one for each series that is shown.
fn rows(hit: &Hit) -> Vec<Vec<String>> {
    let score = format!("{:.2}", hit.score);
    let rows = hit.record.row_count.to_string();
    let dataset = vec![hit.record.name.clone(), score, hit.series_matched.to_string(), String::new(), rows];
    let series = hit.series.iter().map(|series| {
        let score = format!("{:.2}", series.score);
        vec![hit.record.name.clone(), score, String::new(), series.id.clone(), series.row_count.to_string()]
    });
    [dataset].into_iter().chain(series).collect()
}

async fn at_server(args: &SearchArgs, server: &ServerClient) -> Result<(), Failure> {
    let (limit, series, words) = (args.limit.to_string(), args.series.to_string(), args.words.join(" "));
    let query = [("q", words.as_str()), ("db", &args.db), ("limit", &limit), ("series_limit", &series)];
    let reply = server.get_json("api/v1/catalog/search", &query).await?;
    let hits = reply.get("datasets").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Output::stdout().write_table(&HEADER, &hits.iter().flat_map(rows_of_json).collect::<Vec<_>>())
}

fn rows_of_json(hit: &Value) -> Vec<Vec<String>> {
    let text = |value: Option<&Value>| match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let score = |value: &Value| {
        value.get("score").and_then(Value::as_f64).map(|score| format!("{score:.2}")).unwrap_or_default()
    };
    let name = text(hit.pointer("/dataset/name"));
    let rows = text(hit.pointer("/dataset/row_count"));
    let dataset = vec![name.clone(), score(hit), text(hit.get("series_matched")), String::new(), rows];
    let series = hit.get("series").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let series = series.iter().map(|series| {
        vec![name.clone(), score(series), String::new(), text(series.get("id")), text(series.get("rows"))]
    });
    [dataset].into_iter().chain(series).collect()
}
