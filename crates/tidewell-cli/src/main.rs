//! The `tidewell` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    tidewell_cli::run(std::env::args_os())
}
