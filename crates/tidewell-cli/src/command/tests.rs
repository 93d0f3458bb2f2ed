//! The grammar as users see it.

use clap::{Command, CommandFactory};

use super::Cli;

fn leaves(command: &Command) -> Vec<Command> {
    let subcommands: Vec<Command> = command.get_subcommands().flat_map(leaves).collect();
    if subcommands.is_empty() { vec![command.clone()] } else { subcommands }
}

#[test]
fn grammar_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn help_lists_the_commands() {
    let names: Vec<String> = Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let data = ["serve", "write", "query", "import", "export", "catalog", "registered", "fold", "rollup"];
    let rest = ["compact", "tier", "expire", "gc", "snapshot", "backup", "restore", "doctor", "cost", "bucket"];
    let rest = [&rest[..], &["health", "db", "completions"]].concat();
    assert_eq!(names, [&data[..], &rest[..]].concat());
}

#[test]
fn help_of_every_command_has_examples() {
    for mut command in leaves(&Cli::command()).into_iter().chain([Cli::command()]) {
        let help = command.render_long_help().to_string();
        assert!(help.contains("\nExamples:\n  "), "{}: {help}", command.get_name());
    }
}

#[test]
fn help_explains_every_flag() {
    for command in leaves(&Cli::command()) {
        for arg in command.get_arguments() {
            assert!(arg.get_help().is_some(), "{} {}", command.get_name(), arg.get_id());
        }
    }
}

#[test]
fn flag_that_is_a_setting_has_the_variable_of_its_name() {
    for command in leaves(&Cli::command()) {
        for arg in command.get_arguments() {
            if let Some(variable) = arg.get_env() {
                let expected = format!("TIDEWELL_{}", arg.get_id().as_str().to_uppercase());
                assert_eq!(variable.to_str(), Some(expected.as_str()));
            }
        }
    }
}

#[test]
fn help_of_serve_states_what_each_mode_can_lose() {
    let serve = Cli::command().get_subcommands().find(|command| command.get_name() == "serve").cloned();
    let help = serve.map(|mut command| command.render_long_help().to_string()).unwrap_or_default();
    for mode in ["none", "os-default", "periodic", "every-write", "object", "quorum"] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(mode)), "{mode}: {help}");
    }
}
