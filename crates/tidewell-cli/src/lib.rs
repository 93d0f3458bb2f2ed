//! The `tidewell` command line: decodes flags, calls the engine or a server over HTTP, encodes what comes back.
//!
//! Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 the work failed in part or whole, 2 wrong usage.

mod backup;
mod bucket;
mod catalog;
mod command;
mod completions;
mod config;
mod cost;
mod db;
mod delivery;
mod doctor;
mod engine_args;
mod export;
mod failure;
mod fold;
mod health;
mod import;
mod line_batch;
mod line_end;
mod log;
mod output;
mod query;
mod registered;
mod rollup;
mod serve;
mod server_client;
mod size;
mod snapshot;
mod stop_signal;
mod table;
mod target;
mod verb;
mod write;

use std::ffi::OsString;
use std::process::ExitCode;

use tidewell_env::Env;

pub use crate::serve::{ServeSettings, serve_settings};

use crate::command::Command;
use crate::failure::Failure;

/// Runs one command line, the program's name first, and returns its exit code.
///
/// Starts its own runtime, reads `TIDEWELL_*` and the configuration file, and takes over SIGTERM and SIGINT while serving.
pub fn run(argv: impl IntoIterator<Item = OsString>) -> ExitCode {
    let argv: Vec<OsString> = argv.into_iter().collect();
    let cli = match config::parse(&argv) {
        Ok(cli) => cli,
        Err(config::ParseFailure::Clap(error)) => {
            // Help for a reader that has gone is no failure, and there is nobody left to tell.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
        Err(config::ParseFailure::File(message)) => return Failure::Usage(message).report(),
    };
    if let Err(failure) = log::start(&cli) {
        return failure.report();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::work(format!("cannot start the runtime: {error}")).report(),
    };
    let outcome = runtime.block_on(execute(cli.command, Env::system()));
    // A read of a terminal cannot be cancelled: don't wait for its thread.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn execute(command: Command, env: Env) -> Result<(), Failure> {
    match command {
        Command::Serve(args) => serve::serve(args, env).await,
        Command::Write(args) => write::write(args, env).await,
        Command::Query(args) => query::query(args, env).await,
        Command::Import(args) => import::import(args, env).await,
        Command::Catalog(args) => catalog::catalog(args, env).await,
        Command::Export(args) => export::export(args, env).await,
        Command::Registered(args) => registered::registered(args, env).await,
        Command::Fold(args) => fold::fold(args, env).await,
        Command::Rollup(args) => rollup::rollup(args, env).await,
        Command::Compact(args) => verb::compact(args, env).await,
        Command::Tier(args) => verb::tier(args, env).await,
        Command::Expire(args) => verb::expire(args, env).await,
        Command::Gc(args) => verb::gc(args, env).await,
        Command::Snapshot(args) => snapshot::snapshot(args, env).await,
        Command::Backup(args) => backup::backup(args, env).await,
        Command::Restore(args) => backup::restore(args, env).await,
        Command::Doctor(args) => doctor::doctor(args, env).await,
        Command::Cost(args) => cost::cost(*args, env).await,
        Command::Bucket(args) => bucket::bucket(args).await,
        Command::Health(args) => health::health(args).await,
        Command::Db(args) => db::db(args, env).await,
        Command::Completions(args) => completions::completions(&args),
    }
}
