//! Rollups from flags to a definition, and from a status to a line.
#![allow(clippy::unwrap_used)]

use clap::Parser as _;
use tidewell_engine::{RollupDefinition, TableName, TimestampNs};
use tidewell_types::TimeBounds;

use super::create::{Since, definition};
use super::*;
use crate::command::{Cli, Command};

const PLAIN: [&str; 7] = ["cpu-hourly", "--from", "cpu", "--into", "cpu_1h", "--every", "1h"];

fn parsed(words: &[&str]) -> Result<RollupArgs, clap::Error> {
    match Cli::try_parse_from(["tidewell", "rollup"].iter().chain(words))?.command {
        Command::Rollup(args) => Ok(args),
        other => panic!("{other:?}"),
    }
}

fn created(more: &[&str]) -> CreateArgs {
    let args = parsed(&[&["create"][..], &PLAIN[..], more].concat()).unwrap();
    match args.command {
        Some(RollupCommand::Create(args)) => args,
        other => panic!("{other:?}"),
    }
}

fn plain() -> RollupDefinition {
    RollupDefinition {
        source: TableName::new("cpu").unwrap(),
        target: TableName::new("cpu_1h").unwrap(),
        interval_ms: 3_600_000,
        settle_ms: 60_000,
        tags: None,
        fields: None,
        aggregates: vec![Aggregate::Mean, Aggregate::Min, Aggregate::Max, Aggregate::Count],
    }
}

#[test]
fn rollup_without_a_word_is_a_run() {
    assert!(parsed(&[]).unwrap().command.is_none());
    assert!(parsed(&["--db", "d", "--time-limit", "10m"]).unwrap().command.is_none());
    assert!(matches!(parsed(&["run", "--time-limit", "10m"]).unwrap().command, Some(RollupCommand::Run(_))));
    assert!(parsed(&["--time-limit", "10m", "list"]).is_err());
}

#[test]
fn flags_of_create_have_the_defaults_that_help_tells() {
    let args = created(&[]);
    assert_eq!((args.name.as_str(), args.since, args.which.db.as_str()), ("cpu-hourly", None, "default"));
    assert_eq!(definition(&args), plain());
}

#[test]
fn flags_of_create_say_all_of_a_definition() {
    let lists = ["--tags", "host,site", "--fields", "usage", "--aggregates", "sum,first"];
    let args = created(&[&lists[..], &["--settle", "0s", "--since", "2024-01-31", "--db", "d"]].concat());
    let wanted = RollupDefinition {
        settle_ms: 0,
        tags: Some(vec!["host".to_owned(), "site".to_owned()]),
        fields: Some(vec!["usage".to_owned()]),
        aggregates: vec![Aggregate::Sum, Aggregate::First],
        ..plain()
    };
    assert_eq!(definition(&args), wanted);
    assert_eq!(args.since, Some(Since::At(TimestampNs::from_ns(1_706_659_200_000_000_000))));
    assert_eq!(created(&["--since", "now"]).since, Some(Since::Now));
    assert_eq!(definition(&created(&["--tags", ""])).tags, Some(Vec::new()));
}

#[test]
fn flag_that_cannot_be_meant_is_refused_with_a_remedy() {
    let cases: [(&[&str], &str); 6] = [
        (&["--settle", "soon"], "give a span like"),
        (&["--settle", "1500us"], "whole milliseconds"),
        (&["--aggregates", "median"], "mean, min, max"),
        (&["--since", "yesterday"], "2024-01-31T12:00:00Z"),
        (&["--tag", "host"], "--tags"),
        (&["--from", "mem"], "--from"),
    ];
    for (more, says) in cases {
        let refused = parsed(&[&["create"][..], &PLAIN[..], more].concat()).unwrap_err().to_string();
        assert!(refused.contains(says), "{more:?}: {refused}");
    }
    for missing in ["--from", "--into", "--every"] {
        let at = PLAIN.iter().position(|word| *word == missing).unwrap();
        let words = [&["create"][..], &PLAIN[..at], &PLAIN[at + 2..]].concat();
        let refused = parsed(&words).unwrap_err().to_string();
        assert!(refused.contains(missing), "{refused}");
    }
}

#[test]
fn row_of_a_rollup_says_how_it_is_made_and_what_is_due() {
    let fresh = RollupStatus { name: "r".to_owned(), definition: plain(), created: 3, stepped: 0, due: None };
    let said = ["r", "cpu", "cpu_1h", "1h", "1m", "all", "all", "mean,min,max,count", "none", "up to date"];
    assert_eq!(row(&fresh), said);
    let (min, max) = (TimestampNs::from_ns(0), TimestampNs::from_ns(3_599_999_999_999));
    let definition =
        RollupDefinition { tags: Some(Vec::new()), fields: Some(vec!["a".to_owned(), "b".to_owned()]), ..plain() };
    let due = RollupStatus { definition, stepped: 7, due: Some(TimeBounds { min, max }), ..fresh };
    let span = "1970-01-01T00:00:00.000000000Z to 1970-01-01T00:59:59.999999999Z";
    assert_eq!(row(&due)[5..], ["none", "a,b", "mean,min,max,count", "7", span]);
}
