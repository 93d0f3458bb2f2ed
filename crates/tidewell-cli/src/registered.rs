//! `tidewell registered list|check|drop`: files of others that tables have in place.

use clap::{Args, Subcommand};
use tidewell_engine::{CheckReport, RegisteredInfo};
use tidewell_env::Env;
use tidewell_wire::rfc3339_ns;

use crate::engine_args::StoreArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::size::show_bytes;
use crate::verb::{open, spinner};

const EXAMPLES: &str = "\
Examples:
  tidewell registered list --store s3://my-bucket/metrics
  tidewell registered check --db metrics
  tidewell registered drop cpu s3://lake/cpu/2024.parquet

Files become part of a table with `tidewell import parquet --register`. Dropping one takes its rows out of the table and
leaves the file where it is.";

/// What to do with registered files.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct RegisteredArgs {
    #[command(subcommand)]
    command: RegisteredCommand,
}

#[derive(Subcommand, Debug)]
enum RegisteredCommand {
    /// Print every registered file of a database
    #[command(after_help = EXAMPLES)]
    List(Which),
    /// Read the times and tags of files that nobody has read yet, so that queries need not
    #[command(after_help = EXAMPLES)]
    Check(Which),
    /// Take files out of a table; they stay where they are
    #[command(after_help = EXAMPLES)]
    Drop(Files),
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
struct Files {
    /// The table that has them
    #[arg(value_name = "TABLE")]
    table: String,

    /// Their URLs, as `registered list` prints them
    #[arg(value_name = "URL", required = true)]
    urls: Vec<String>,

    #[command(flatten)]
    which: Which,
}

/// Runs one of them.
pub(crate) async fn registered(args: RegisteredArgs, env: Env) -> Result<(), Failure> {
    match args.command {
        RegisteredCommand::List(which) => list(which, env).await,
        RegisteredCommand::Check(which) => check(which, env).await,
        RegisteredCommand::Drop(files) => drop_files(files, env).await,
    }
}

async fn list(which: Which, env: Env) -> Result<(), Failure> {
    let files = open(which.store.store, env).await?.registered(&which.db).await?;
    let header = ["table", "file", "size", "rows", "first", "last", "owned", "version"];
    Output::stdout().write_table(&header, &files.iter().map(row).collect::<Vec<_>>())
}

/// Rows that only the footer speaks of have a tilde, and no times.
fn row(file: &RegisteredInfo) -> Vec<String> {
    let (rows, first, last) = match file.time {
        Some(time) => (file.row_count.to_string(), rfc3339_ns(time.min.as_ns()), rfc3339_ns(time.max.as_ns())),
        None => (format!("~{}", file.row_count), "not checked".to_owned(), "not checked".to_owned()),
    };
    let owned = if file.is_owned { "yes" } else { "no" };
    let (size, version) = (show_bytes(file.bytes), file.version.to_string());
    vec![file.table.clone(), file.url.clone(), size, rows, first, last, owned.to_owned(), version]
}

async fn check(which: Which, env: Env) -> Result<(), Failure> {
    let engine = open(which.store.store, env).await?;
    let bar = spinner();
    bar.set_message("reading times and tags");
    let checked = engine.check_registered(&which.db).await;
    bar.finish_and_clear();
    let CheckReport { checked_count, known_count, unreadable } = checked?;
    for (url, reason) in &unreadable {
        eprintln!("{url}: {reason}");
    }
    let row = [checked_count, known_count, unreadable.len() as u64].map(|count| count.to_string()).to_vec();
    Output::stdout().write_table(&["checked", "known", "unreadable"], &[row])?;
    match unreadable.len() {
        0 => Ok(()),
        1 => Err(Failure::with_hint("1 file cannot be read", "bring it back, register it anew, or drop it")),
        count => Err(Failure::with_hint(
            format!("{count} files cannot be read"),
            "bring them back, register anew, or drop them",
        )),
    }
}

async fn drop_files(files: Files, env: Env) -> Result<(), Failure> {
    let engine = open(files.which.store.store, env).await?;
    let count = files.urls.len();
    let version = engine.unregister(&files.which.db, &files.table, files.urls).await?;
    Output::stdout().write_table(&["dropped", "version"], &[vec![count.to_string(), version.to_string()]])
}
