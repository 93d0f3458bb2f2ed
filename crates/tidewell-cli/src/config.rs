//! Where settings come from: flag, then `TIDEWELL_*`, then `tidewell.toml`, then the default.
//!
//! clap knows flags and variables. The file's values become the defaults of the arguments they name, so that they pass the
//! same checks, and a second reading of the same command line puts the layers in order.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use toml::Value;

use crate::command::Cli;

/// The variable that names the file.
pub(crate) const CONFIG_VARIABLE: &str = "TIDEWELL_CONFIG";
/// The file that is read where no other is named.
const DEFAULT_FILE: &str = "tidewell.toml";
/// How alike a known key must be to be worth suggesting, of 1.
const LIKENESS_MIN: f64 = 0.75;

/// A command line that does not lead to a command.
#[derive(Debug)]
pub(crate) enum ParseFailure {
    /// Help or a version was asked for, or the flags or variables are wrong.
    Clap(clap::Error),
    /// The file is unreadable or wrong.
    File(String),
}

/// Reads the command line, the environment and the file into one [`Cli`].
///
/// # Errors
/// [`ParseFailure`], ready to be shown.
pub(crate) fn parse(argv: &[OsString]) -> Result<Cli, ParseFailure> {
    let from_flags = Cli::command().try_get_matches_from(argv).map_err(ParseFailure::Clap)?;
    let named = from_flags.get_one::<PathBuf>("config").cloned();
    let path = named.clone().unwrap_or_else(|| DEFAULT_FILE.into());
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => {
            return Cli::from_arg_matches(&from_flags).map_err(ParseFailure::Clap);
        }
        Err(error) => return Err(ParseFailure::File(format!("{}: {error}", path.display()))),
    };
    let settings = read_settings(&path, &text).map_err(ParseFailure::File)?;
    let matches = with_defaults(Cli::command(), &settings).try_get_matches_from(argv);
    // The flags were fine without the file, so whatever is wrong now is the file's.
    let cli = matches.and_then(|matches| Cli::from_arg_matches(&matches));
    cli.map_err(|error| ParseFailure::File(format!("{}: {}", path.display(), first_line(&error))))
}

/// The file's settings by key, each one known and a single value.
fn read_settings(path: &Path, text: &str) -> Result<BTreeMap<String, String>, String> {
    let file: toml::Table = text.parse().map_err(|error| format!("{}: {error}", path.display()))?;
    let known = known_keys(&Cli::command());
    let mut settings = BTreeMap::new();
    for (key, value) in file {
        if !known.contains(&key) {
            return Err(format!("{}: unknown key {key:?}{}", path.display(), suggestion(&key, &known)));
        }
        let value = match value {
            Value::String(text) => text,
            Value::Integer(number) => number.to_string(),
            Value::Float(number) => number.to_string(),
            Value::Boolean(truth) => truth.to_string(),
            other => return Err(format!("{}: {key:?} takes one value, not {}", path.display(), other.type_str())),
        };
        settings.insert(key, value);
    }
    Ok(settings)
}

/// The keys a file may have: whatever has a variable, but for the file's own name.
fn known_keys(command: &clap::Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter(|arg| is_setting(arg)).map(|arg| arg.get_id().to_string());
    own.chain(command.get_subcommands().flat_map(known_keys)).collect()
}

fn is_setting(arg: &clap::Arg) -> bool {
    arg.get_env().is_some_and(|variable| variable != CONFIG_VARIABLE)
}

fn with_defaults(command: clap::Command, settings: &BTreeMap<String, String>) -> clap::Command {
    let command = command.mut_args(|arg| match settings.get(arg.get_id().as_str()) {
        Some(value) if is_setting(&arg) => arg.default_value(value.clone()),
        _ => arg,
    });
    command.mut_subcommands(|subcommand| with_defaults(subcommand, settings))
}

fn suggestion(key: &str, known: &BTreeSet<String>) -> String {
    let key = key.replace('-', "_");
    let mut near: Vec<(f64, &String)> = known
        .iter()
        .map(|name| (strsim::jaro_winkler(&key, name), name))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let near: Vec<String> = near.iter().take(3).map(|(_, name)| format!("{name:?}")).collect();
    if near.is_empty() {
        format!("; known keys: {}", known.iter().cloned().collect::<Vec<_>>().join(", "))
    } else {
        format!("; did you mean {}?", near.join(" or "))
    }
}

fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    if error.kind() == ErrorKind::InvalidValue {
        format!("{line} {}", text.lines().nth(1).unwrap_or_default().trim())
    } else {
        line.to_owned()
    }
}

#[cfg(test)]
mod tests;
