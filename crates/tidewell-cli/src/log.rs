//! What the process says about itself, on stderr.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

use crate::command::{Cli, Command};
use crate::failure::Failure;

/// Starts logging to stderr by the filter of flag or variable, then `RUST_LOG`; colours only on a terminal without `NO_COLOR`.
pub(crate) fn start(cli: &Cli) -> Result<(), Failure> {
    let default = if matches!(cli.command, Command::Serve(_)) { "info" } else { "warn" };
    let asked = cli.log_filter.clone().or_else(|| std::env::var("RUST_LOG").ok());
    let text = asked.filter(|text| !text.is_empty()).unwrap_or_else(|| default.to_owned());
    let filter = EnvFilter::try_new(&text).map_err(|error| Failure::Usage(format!("log filter {text:?}: {error}")))?;
    let colours = stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr).with_ansi(colours).init();
    Ok(())
}
