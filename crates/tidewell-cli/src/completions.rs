//! `tidewell completions`: a script that teaches a shell the grammar.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::command::Cli;
use crate::failure::Failure;
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  tidewell completions bash > /etc/bash_completion.d/tidewell
  tidewell completions zsh > ~/.zfunc/_tidewell";

/// Which shell.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompletionsArgs {
    /// The shell to write for
    shell: Shell,
}

/// Prints the script on stdout.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "tidewell", &mut script);
    let mut output = Output::stdout();
    output.write(&script)?;
    output.finish()
}
