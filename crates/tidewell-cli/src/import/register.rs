//! `--register`: files stay where they are, and a commit names them.

use tidewell_engine::{ImportOptions, RegisterReport};
use tidewell_env::Env;

use super::CommonArgs;
use crate::failure::Failure;
use crate::output::Output;
use crate::verb::spinner;

pub(super) async fn register(
    args: &CommonArgs,
    options: &ImportOptions,
    take_ownership: bool,
    env: Env,
) -> Result<(), Failure> {
    let engine = args.open_store(env).await?;
    let bar = spinner();
    bar.set_message("looking for files");
    let files = engine.find_files(&args.sources, options).await?;
    if args.schema_only || args.dry_run {
        bar.finish_and_clear();
        return super::plan::report(&engine.plan_import(&args.db, &files, options).await?);
    }
    bar.set_message(format!("reading {} footers", files.len()));
    let registered = engine.register_files(&args.db, &files, options, take_ownership).await;
    bar.finish_and_clear();
    report(&registered?)
}

fn report(report: &RegisterReport) -> Result<(), Failure> {
    for failure in &report.failures {
        eprintln!("{}: {}", failure.file, failure.reason);
    }
    let row = [report.files, report.rows_claimed, report.failures.len() as u64, report.version];
    Output::stdout()
        .write_table(&["files", "rows", "failed", "version"], &[row.map(|count| count.to_string()).to_vec()])?;
    match report.failures.len() {
        0 => Ok(()),
        1 => Err(Failure::work("1 file was not registered; all others are")),
        failed => Err(Failure::work(format!("{failed} files were not registered; all others are"))),
    }
}
