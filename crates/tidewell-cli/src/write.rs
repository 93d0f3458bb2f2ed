//! `tidewell write`: line protocol from files or stdin into a server or a store.

use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use indicatif::{ProgressBar, ProgressStyle};
use tidewell_engine::AckLevel;
use tidewell_env::Env;
use tidewell_line_protocol::Precision;
use tokio::fs::File;
use tokio::io::AsyncRead;

use crate::delivery::{Delivery, Rejection};
use crate::engine_args::ack_level;
use crate::failure::Failure;
use crate::line_batch::LineBatches;
use crate::target::TargetArgs;

const EXAMPLES: &str = "\
Examples:
  echo 'cpu,host=a usage=0.5' | tidewell write
  tidewell write --db metrics --precision s day1.lp day2.lp
  zcat day1.lp.gz | tidewell write --ack every-write -
  tidewell write --store s3://my-bucket/metrics day1.lp

Good lines are stored even where others are rejected. Writing a file again overwrites its points with the same values.";

/// What to write and where.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct WriteArgs {
    #[command(flatten)]
    target: TargetArgs,

    /// Database to write to; made by its first write
    #[arg(long, env = "TIDEWELL_DB", value_name = "NAME", default_value = "default")]
    db: String,

    /// Unit of the timestamps; `auto` goes by their magnitude, `m` is a minute
    #[arg(long, env = "TIDEWELL_PRECISION", default_value = "auto", value_parser = precision())]
    precision: Precision,

    /// When a write counts as done, if not when the server says (see `tidewell serve --help`, --wal-mode)
    #[arg(long, env = "TIDEWELL_ACK", value_name = "MODE", value_parser = ack_level())]
    ack: Option<AckLevel>,

    /// Files of line protocol, `-` for stdin
    #[arg(value_name = "FILE", default_value = "-")]
    files: Vec<PathBuf>,
}

fn precision() -> impl TypedValueParser<Value = Precision> {
    PossibleValuesParser::new(["auto", "ns", "us", "ms", "s", "m", "h"]).try_map(|name| name.parse::<Precision>())
}

/// Writes every file, in order; stops at the first that cannot be read or sent.
pub(crate) async fn write(args: WriteArgs, env: Env) -> Result<(), Failure> {
    let target = args.target.open(args.ack, env.clone()).await?;
    let delivery = Delivery::new(target, &args.db, args.precision, args.ack, env);
    let mut outcome = Ok(0);
    for path in &args.files {
        outcome = match (outcome, write_file(path, &delivery).await) {
            (Ok(before), Ok(rejected)) => Ok(before + rejected),
            (_, Err(failure)) | (Err(failure), _) => Err(failure),
        };
        if outcome.is_err() {
            break;
        }
    }
    let closed = delivery.close().await;
    let rejected = outcome?;
    closed?;
    if rejected > 0 {
        let lines = if rejected == 1 { "1 line was" } else { &format!("{rejected} lines were") };
        return Err(Failure::work(format!("{lines} rejected; all others are stored")));
    }
    Ok(())
}

/// Writes one file and reports its rejected lines; gives their number.
async fn write_file(path: &Path, delivery: &Delivery) -> Result<usize, Failure> {
    if path == Path::new("-") {
        let stdin = std::io::stdin().as_fd().try_clone_to_owned().map_err(|error| Failure::io("stdin", &error))?;
        let stdin = File::from_std(stdin.into());
        return write_lines("stdin", stdin, ProgressBar::hidden(), delivery).await;
    }
    let name = path.display().to_string();
    let file = File::open(path).await.map_err(|error| Failure::io(&name, &error))?;
    let length = file.metadata().await.map_or(0, |metadata| metadata.len());
    // Draws on a terminal only.
    let bar = ProgressBar::new(length).with_message(name.clone());
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}") {
        bar.set_style(style);
    }
    let outcome = write_lines(&name, file, bar.clone(), delivery).await;
    bar.finish_and_clear();
    outcome
}

async fn write_lines(
    name: &str,
    reader: impl AsyncRead + Unpin,
    bar: ProgressBar,
    delivery: &Delivery,
) -> Result<usize, Failure> {
    let mut batches = LineBatches::new(reader);
    let mut rejected = 0;
    while let Some(batch) = batches.next().await.map_err(|error| Failure::io(name, &error))? {
        let bytes = batch.body.len() as u64;
        let report = delivery.send(batch.body).await?;
        rejected += report.count;
        bar.suspend(|| say_rejected(name, batch.first_line_number, &report.lines, report.count));
        bar.inc(bytes);
    }
    Ok(rejected)
}

fn say_rejected(name: &str, first_line_number: usize, lines: &[Rejection], count: usize) {
    for line in lines {
        eprintln!("{name}:{}: {}", line.line_number + first_line_number - 1, line.reason);
    }
    if count > lines.len() {
        eprintln!("{name}: … and {} more rejected lines", count - lines.len());
    }
}
