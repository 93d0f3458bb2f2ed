//! The command line of the house rules.

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use tidewell_xtask::{tidy, workspace_root};

const USAGE: &str = "usage: cargo xtask tidy    check the layers, names, lengths, headers, words and format pages";

fn main() -> ExitCode {
    match env::args().nth(1).as_deref() {
        Some("tidy") => run_tidy(),
        _ => say(&mut io::stderr(), USAGE, ExitCode::from(2)),
    }
}

fn run_tidy() -> ExitCode {
    match tidy(&workspace_root()) {
        Err(error) => say(&mut io::stderr(), &format!("tidy could not look: {error}"), ExitCode::from(2)),
        Ok(report) if report.violations.is_empty() => say(&mut io::stdout(), &report.to_string(), ExitCode::SUCCESS),
        Ok(report) => say(&mut io::stdout(), &report.to_string(), ExitCode::FAILURE),
    }
}

fn say(stream: &mut impl Write, text: &str, code: ExitCode) -> ExitCode {
    // A closed pipe is no reason to change the verdict.
    let _ = writeln!(stream, "{text}");
    code
}
