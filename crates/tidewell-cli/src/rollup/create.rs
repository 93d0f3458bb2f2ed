//! `tidewell rollup create`: the definition of a rollup, from flags.

use std::time::Duration;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use tidewell_engine::{Aggregate, RollupDefinition, TableName, TimestampNs, Timezone, parse_instant};
use tidewell_env::Env;

use super::Which;
use crate::failure::Failure;
use crate::output::Output;
use crate::verb::open;

/// What to make.
#[derive(Args, Debug)]
pub(super) struct CreateArgs {
    /// Its name: letters, digits, `.`, `_` and `-`
    #[arg(value_name = "NAME")]
    pub(super) name: String,

    /// The table that is read; it may be one that another rollup keeps
    #[arg(long, value_name = "TABLE", value_parser = TableName::new)]
    pub(super) from: TableName,

    /// The table that gets a row for each span of time and group of tags
    #[arg(long, value_name = "TABLE", value_parser = TableName::new)]
    pub(super) into: TableName,

    /// The span of time of a row, 1s to 366d, like 1h; spans begin at multiples of it since 1970, UTC
    #[arg(long = "every", value_name = "SPAN", value_parser = span_ms)]
    pub(super) every_ms: u64,

    /// Tags that rows are grouped by; all without the flag, none for ''
    #[arg(long, value_name = "TAGS", value_delimiter = ',')]
    pub(super) tags: Option<Vec<String>>,

    /// Fields to aggregate; all without the flag
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub(super) fields: Option<Vec<String>>,

    /// What is made of each field; text and booleans have count, first and last only
    #[arg(long, value_name = "AGGREGATES", value_delimiter = ',', default_value = "mean,min,max,count")]
    #[arg(value_parser = aggregate())]
    pub(super) aggregates: Vec<Aggregate>,

    /// How long after its end a span is computed, up to 366d; rows that come later make it be computed anew
    #[arg(long = "settle", value_name = "SPAN", value_parser = span_ms, default_value = "1m")]
    pub(super) settle_ms: u64,

    /// Compute no span that ended before this time, like 2024-01-31 or `now`; the whole history without the flag
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub(super) since: Option<Since>,

    #[command(flatten)]
    pub(super) which: Which,
}

/// Where the history begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// With the span that the command falls into.
    Now,
    /// With the span that holds this instant.
    At(TimestampNs),
}

/// Makes it and prints its name.
pub(super) async fn create(args: CreateArgs, env: Env) -> Result<(), Failure> {
    let since = args.since.map(|since| match since {
        Since::Now => env.now(),
        Since::At(at) => at,
    });
    let definition = definition(&args);
    let engine = open(args.which.store.store, env).await?;
    let version = engine.create_rollup(&args.which.db, &args.name, definition, since).await?;
    Output::stdout().write_table(&["created", "version"], &[vec![args.name, version.to_string()]])
}

/// What the flags say.
pub(super) fn definition(args: &CreateArgs) -> RollupDefinition {
    RollupDefinition {
        source: args.from.clone(),
        target: args.into.clone(),
        interval_ms: args.every_ms,
        settle_ms: args.settle_ms,
        tags: args.tags.as_deref().map(named),
        fields: args.fields.as_deref().map(named),
        aggregates: args.aggregates.clone(),
    }
}

/// A list without what is left empty in it.
fn named(names: &[String]) -> Vec<String> {
    names.iter().filter(|name| !name.is_empty()).cloned().collect()
}

fn span_ms(text: &str) -> Result<u64, String> {
    let span = humantime::parse_duration(text).map_err(|error| format!("{error}; give a span like 1h or 15m"))?;
    let ms = u64::try_from(span.as_millis()).ok().filter(|ms| Duration::from_millis(*ms) == span);
    ms.ok_or_else(|| "give whole milliseconds, in a span like 1h or 15m".to_owned())
}

fn since(text: &str) -> Result<Since, String> {
    match text {
        "now" => Ok(Since::Now),
        text => parse_instant(text, Timezone::UTC).map(Since::At).map_err(|error| format!("it {error}")),
    }
}

/// Reads an [`Aggregate`], known to help texts and completions.
fn aggregate() -> impl TypedValueParser<Value = Aggregate> {
    PossibleValuesParser::new(Aggregate::ALL.map(Aggregate::name)).try_map(|name| name.parse::<Aggregate>())
}
