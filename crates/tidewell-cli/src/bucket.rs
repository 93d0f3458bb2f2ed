//! `tidewell bucket init|check`: the settings of the bucket that a store is in.

use clap::{Args, Subcommand, value_parser};
use tidewell_bucket::{BucketAdmin, BucketError, CheckOptions, InitOptions, Notify, NotifyTarget, Severity};
use tidewell_engine::StoreUrl;

use crate::engine_args::StoreArgs;
use crate::failure::Failure;
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  tidewell bucket init --store s3://my-bucket/metrics
  tidewell bucket init --store s3://my-bucket/metrics --notify arn:aws:lambda:eu-west-1:123456789012:function:tidewell-work
  tidewell bucket check --store s3://my-bucket/metrics

Both may be run at any time and as often as you like. `check` changes nothing; its exit code is 1 where a setting loses
rows or keeps the store from working. `tidewell doctor` tries out what the store itself can do.";

/// What to do with the bucket.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BucketArgs {
    #[command(subcommand)]
    command: BucketCommand,
}

#[derive(Subcommand, Debug)]
enum BucketCommand {
    /// Make the bucket where it is missing, and set what is asked for
    #[command(after_help = EXAMPLES)]
    Init(InitArgs),
    /// Look for settings that hurt: lifecycle rules, versions, replication, locks
    #[command(after_help = EXAMPLES)]
    Check(CheckArgs),
}

#[derive(Args, Debug)]
struct InitArgs {
    #[command(flatten)]
    store: StoreArgs,

    /// Let nobody in from outside (the four parts of the public access block)
    #[arg(long)]
    block_public_access: bool,

    /// Let parts of abandoned uploads below the store go after so many days
    #[arg(long, value_name = "DAYS", value_parser = value_parser!(i32).range(1..))]
    abort_uploads_days: Option<i32>,

    /// Tell of new Parquet and CSV files: the ARN of a function or of a queue, or `eventbridge`
    #[arg(long, value_name = "TARGET")]
    notify: Option<String>,

    /// What the keys of files to import begin with
    #[arg(long, value_name = "PREFIX", default_value = Notify::IMPORT_PREFIX)]
    import_prefix: String,

    /// Say what would be done, and change nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Args, Debug)]
struct CheckArgs {
    #[command(flatten)]
    store: StoreArgs,

    /// What the keys of files to import begin with
    #[arg(long, value_name = "PREFIX", default_value = Notify::IMPORT_PREFIX)]
    import_prefix: String,
}

impl From<BucketError> for Failure {
    fn from(error: BucketError) -> Self {
        Self::work(error.to_string())
    }
}

/// Runs one of them.
pub(crate) async fn bucket(args: BucketArgs) -> Result<(), Failure> {
    match args.command {
        BucketCommand::Init(args) => init(args).await,
        BucketCommand::Check(args) => check(args).await,
    }
}

async fn connect(store: &StoreUrl) -> Result<BucketAdmin, Failure> {
    match store {
        StoreUrl::S3 { bucket, prefix } => Ok(BucketAdmin::connect(bucket, prefix).await?),
        StoreUrl::Folder(_) | StoreUrl::Memory => {
            Err(Failure::Usage(format!("{store} is in no bucket: name the store as --store s3://bucket/prefix")))
        }
    }
}

async fn init(args: InitArgs) -> Result<(), Failure> {
    let target = args.notify.map(|text| text.parse::<NotifyTarget>()).transpose()?;
    let options = InitOptions {
        block_public_access: args.block_public_access,
        abort_uploads_days: args.abort_uploads_days,
        notify: target.map(|target| Notify { import_prefix: args.import_prefix, ..Notify::new(target) }),
        dry_run: args.dry_run,
    };
    let report = connect(&args.store.store).await?.init(&options).await?;
    let rows: Vec<Vec<String>> =
        report.steps.iter().map(|step| vec![step.what.clone(), step.state.to_string()]).collect();
    Output::stdout().write_table(&["step", "state"], &rows)
}

async fn check(args: CheckArgs) -> Result<(), Failure> {
    let options = CheckOptions { import_prefix: args.import_prefix };
    let findings = connect(&args.store.store).await?.check(&options).await;
    let row = |finding: &tidewell_bucket::Finding| {
        vec![finding.severity.to_string(), finding.aspect.to_string(), finding.what.clone()]
    };
    Output::stdout().write_table(&["", "setting", "found"], &findings.iter().map(row).collect::<Vec<_>>())?;
    for finding in findings.iter().filter(|finding| !finding.why.is_empty()) {
        let remedy = if finding.remedy.is_empty() { String::new() } else { format!("; {}", finding.remedy) };
        eprintln!("{} {}: {}{remedy}", finding.severity, finding.aspect, finding.why);
    }
    match findings.iter().filter(|finding| finding.severity == Severity::Error).count() {
        0 => Ok(()),
        1 => Err(Failure::work("1 setting of the bucket loses rows or keeps the store from working")),
        count => Err(Failure::work(format!("{count} settings of the bucket lose rows or keep the store from working"))),
    }
}
