//! `tidewell doctor`: what a store can and cannot promise.

use clap::Args;
use tidewell_engine::{Engine, Finding, RebuildRequest, Verdict};
use tidewell_env::Env;

use crate::engine_args::StoreArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::size::show_bytes;
use crate::verb::spinner;

const EXAMPLES: &str = "\
Examples:
  tidewell doctor
  tidewell doctor --store s3://my-bucket/metrics
  AWS_ENDPOINT_URL=http://localhost:9000 tidewell doctor --store s3://my-bucket
  tidewell doctor --rebuild metrics --dry-run

Writes and deletes a few small objects under a name of its own. Exit code 1 when it lacks what several writers rest on.";

/// Which store to check.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    store: StoreArgs,

    /// Make a database anew from its segments, where its commits were lost; nobody else may be running on the store
    #[arg(long, value_name = "DATABASE")]
    rebuild: Option<String>,

    /// With --rebuild: say what would come of it, and write nothing
    #[arg(long, requires = "rebuild")]
    dry_run: bool,

    /// With --rebuild: go on without segments that cannot be read
    #[arg(long, requires = "rebuild")]
    leave_damaged_out: bool,
}

/// Probes the store and prints a line a check; fails where one did not pass.
pub(crate) async fn doctor(args: DoctorArgs, env: Env) -> Result<(), Failure> {
    let store = &args.store.store;
    if let Some(database) = &args.rebuild {
        return rebuild(&args, database, env).await;
    }
    let report = Engine::probe(store, env).await?;
    let rows: Vec<Vec<String>> = report.findings.iter().map(row).collect();
    Output::stdout().write_table(&["check", "verdict", "detail"], &rows)?;
    let lacking: Vec<&Finding> = report.findings.iter().filter(|finding| finding.verdict != Verdict::Pass).collect();
    for finding in &lacking {
        eprintln!("{}: {}", finding.check, finding.consequence);
    }
    // What only makes life harder is said; what endangers data fails the command.
    let unsafe_count = lacking.iter().filter(|finding| finding.check.guards_writers()).count();
    match unsafe_count {
        0 => Ok(()),
        count => Err(Failure::work(format!("{store} is not safe to write to: it does not pass {count} checks"))),
    }
}

async fn rebuild(args: &DoctorArgs, database: &str, env: Env) -> Result<(), Failure> {
    let request = RebuildRequest { is_dry_run: args.dry_run, leaves_damaged_out: args.leave_damaged_out };
    let bar = spinner();
    let report = Engine::rebuild(&args.store.store, env, database, request, &|what| bar.set_message(what)).await;
    bar.finish_and_clear();
    let report = report?;
    let row = |(table, segments, rows, bytes): &(String, u64, u64, u64)| {
        vec![table.clone(), segments.to_string(), rows.to_string(), show_bytes(*bytes)]
    };
    let rows: Vec<Vec<String>> = report.tables.iter().map(row).collect();
    Output::stdout().write_table(&["table", "segments", "rows", "size"], &rows)?;
    for note in &report.notes {
        eprintln!("{note}");
    }
    let done = if args.dry_run { "would be" } else { "is" };
    eprintln!("database {database} {done} at version {}", report.version);
    Ok(())
}

fn row(finding: &Finding) -> Vec<String> {
    let verdict = match finding.verdict {
        Verdict::Pass => "pass",
        Verdict::Lacks => "lacks",
        Verdict::Fails => "fails",
    };
    vec![finding.check.to_string(), verdict.to_owned(), finding.detail.clone()]
}
