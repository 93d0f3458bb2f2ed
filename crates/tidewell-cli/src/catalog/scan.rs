//! `tidewell catalog scan`: datasets below a prefix into the catalog.

use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tidewell_engine::{
    DatasetState, NumberUnit, Sampling, ScanCancel, ScanOptions, ScanProgress, ScanSummary, Scanned,
};
use tidewell_env::Env;

use crate::engine_args::StoreArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::size::ByteSize;
use crate::stop_signal::StopSignal;

/// How often the line of progress moves.
const TICK: Duration = Duration::from_millis(150);

/// What to scan, and how hard.
#[derive(Args, Debug)]
pub(super) struct ScanArgs {
    #[command(flatten)]
    store: StoreArgs,

    /// Database whose catalog it goes to
    #[arg(long, env = "TIDEWELL_DB", value_name = "NAME", default_value = "default")]
    db: String,

    /// Read a sample of the files, and say how far the numbers may be off
    #[arg(long)]
    estimate: bool,

    /// With --estimate: the share of each dataset's files that is read
    #[arg(long, value_name = "SHARE", default_value_t = Sampling::default().fraction, requires = "estimate")]
    sample: f64,

    /// Columns that tell series apart, where no YAML file says; guessed by name if not given
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    series_columns: Option<Vec<String>>,

    /// Column that is the time, where no YAML file says; guessed if not given
    #[arg(long, short, value_name = "COLUMN")]
    timestamp_column: Option<String>,

    /// Unit of a time that is a plain number: ns, us, ms or s
    #[arg(long, value_name = "UNIT", default_value = "ns", value_parser = unit)]
    timestamp_unit: NumberUnit,

    /// Files that are read at once
    #[arg(long, value_name = "FILES", default_value_t = 16)]
    concurrency: usize,

    /// Memory that decoding may take
    #[arg(long, value_name = "SIZE", default_value_t = ByteSize(1 << 30))]
    memory_limit: ByteSize,

    /// Read everything again, changed or not
    #[arg(long)]
    full: bool,

    /// Folder or s3://bucket/prefix
    #[arg(value_name = "PLACE")]
    place: String,
}

fn unit(text: &str) -> Result<NumberUnit, String> {
    NumberUnit::by_name(text).ok_or_else(|| format!("{text:?} is no unit: give ns, us, ms or s"))
}

pub(super) async fn scan(args: ScanArgs, env: Env) -> Result<(), Failure> {
    if args.estimate && !(args.sample > 0.0 && args.sample <= 1.0) {
        return Err(Failure::Usage("--sample is a share above 0 and at most 1, like 0.05".to_owned()));
    }
    let options = ScanOptions {
        series_columns: args.series_columns,
        time_column: args.timestamp_column,
        time_unit: args.timestamp_unit,
        sampling: args.estimate.then(|| Sampling { fraction: args.sample, ..Sampling::default() }),
        files_parallel: args.concurrency,
        memory_bytes_max: args.memory_limit.0,
        is_full: args.full,
        ..ScanOptions::of("")
    };
    let engine = crate::verb::open(args.store.store, env.clone()).await?;
    let (progress, cancel) = (ScanProgress::new(), ScanCancel::new());
    let stop = StopSignal::listen(&env)?;
    let stopper = env.spawn({
        let cancel = cancel.clone();
        async move {
            stop.received().await;
            cancel.cancel();
        }
    });
    let bar = bar();
    let ticker = env.spawn(follow(bar.clone(), progress.clone(), env.clone()));
    let summary = engine.scan_catalog(&args.db, &args.place, options, &progress, &cancel).await;
    ticker.abort();
    stopper.abort();
    bar.finish_and_clear();
    report(&summary?)
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}") {
        bar.set_style(style);
    }
    bar
}

async fn follow(bar: ProgressBar, progress: ScanProgress, env: Env) {
    loop {
        let now = progress.snapshot();
        bar.set_length(now.bytes_found);
        bar.set_position(now.bytes_done);
        let failed = if now.datasets_failed > 0 { format!(", {} failed", now.datasets_failed) } else { String::new() };
        bar.set_message(format!(
            "{} of {} datasets{failed}, {} rows",
            now.datasets_done, now.datasets_found, now.rows_done
        ));
        env.sleep(TICK).await;
    }
}

fn report(summary: &ScanSummary) -> Result<(), Failure> {
    for scanned in &summary.datasets {
        if let DatasetState::Failed { reason, is_older_kept } = &scanned.state {
            let older = if *is_older_kept { "; what an older scan found is kept" } else { "" };
            eprintln!("{}: {reason}{older}", scanned.root);
        }
    }
    for root in &summary.removed {
        eprintln!("{root}: gone, and no longer in the catalog");
    }
    let header: Vec<&str> = ["state"].into_iter().chain(super::HEADER).collect();
    let rows: Vec<Vec<String>> = summary.datasets.iter().filter_map(row).collect();
    Output::stdout().write_table(&header, &rows)?;
    match summary.failed_count() {
        0 => Ok(()),
        1 => Err(Failure::work("1 dataset could not be read; all others are in the catalog")),
        failed => Err(Failure::work(format!("{failed} datasets could not be read; all others are in the catalog"))),
    }
}

fn row(scanned: &Scanned) -> Option<Vec<String>> {
    let state = match &scanned.state {
        DatasetState::Unchanged => "unchanged",
        DatasetState::Resumed => "resumed",
        DatasetState::Extended { .. } => "extended",
        DatasetState::Scanned { .. } => "scanned",
        DatasetState::Failed { .. } => "failed",
    };
    let record = scanned.record.as_ref()?;
    Some([state.to_owned()].into_iter().chain(super::row(record)).collect())
}
