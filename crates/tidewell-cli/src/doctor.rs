//! `tidewell doctor`: what a store can and cannot promise.

use clap::Args;
use tidewell_engine::{Engine, Finding, Verdict};
use tidewell_env::Env;

use crate::engine_args::StoreArgs;
use crate::failure::Failure;
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  tidewell doctor
  tidewell doctor --store s3://my-bucket/metrics
  AWS_ENDPOINT_URL=http://localhost:9000 tidewell doctor --store s3://my-bucket

Writes and deletes a few small objects under a name of its own. Exit code 1 when it lacks what several writers rest on.";

/// Which store to check.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    store: StoreArgs,
}

/// Probes the store and prints a line a check; fails where one did not pass.
pub(crate) async fn doctor(args: DoctorArgs, env: Env) -> Result<(), Failure> {
    let store = &args.store.store;
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

fn row(finding: &Finding) -> Vec<String> {
    let verdict = match finding.verdict {
        Verdict::Pass => "pass",
        Verdict::Lacks => "lacks",
        Verdict::Fails => "fails",
    };
    vec![finding.check.to_string(), verdict.to_owned(), finding.detail.clone()]
}
