//! What is asked for.
#![allow(clippy::unwrap_used)]

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: ImportArgs,
}

fn parquet(line: &str) -> Box<ParquetArgs> {
    let args = ["import", "parquet"].into_iter().chain(line.split(' '));
    match Line::try_parse_from(args).map_err(|error| error.to_string()).unwrap().args.kind {
        Kind::Parquet(args) => args,
        Kind::Csv(_) => panic!("asked for Parquet"),
    }
}

fn csv(line: &str) -> Box<CsvArgs> {
    let args = ["import", "csv"].into_iter().chain(line.split(' '));
    match Line::try_parse_from(args).map_err(|error| error.to_string()).unwrap().args.kind {
        Kind::Csv(args) => args,
        Kind::Parquet(_) => panic!("asked for CSV"),
    }
}

#[test]
fn short_flags_are_those_of_importers_of_this_kind() {
    let args = parquet("-m trips -s http://db:8086 -t when -b 500 --tags a,b x.parquet");
    assert_eq!((args.common.measurement.as_str(), args.common.server.as_str()), ("trips", "http://db:8086"));
    assert_eq!((args.timestamp_column.as_deref(), args.common.batch_size), (Some("when"), 500));
    assert_eq!(args.options().tags, ["a", "b"]);
    let defaults = parquet("x.parquet");
    assert_eq!((defaults.common.measurement.as_str(), defaults.common.batch_size), ("imported", 10_000));
    assert!(!defaults.common.is_direct());
}

#[test]
fn store_or_data_folder_means_direct() {
    assert!(parquet("--direct x").common.is_direct());
    assert!(parquet("--store ./s x").common.is_direct());
    assert!(parquet("--data-dir ./data x").common.is_direct());
}

#[test]
fn csv_flags_become_options() {
    let args = csv("--na -200,NA --delimiter ; --decimal comma --time-columns d,t --skip-lines 2 --tags s x.csv");
    let options = args.options().unwrap();
    assert_eq!(options.missing.unwrap(), ["-200", "NA"]);
    assert_eq!((options.delimiter, options.skip_lines), (Some(b';'), 2));
    assert_eq!((options.time_columns, options.tags), (vec!["d".to_owned(), "t".to_owned()], vec!["s".to_owned()]));
    assert!(csv("--timezone Mars x.csv").options().is_err());
}

#[test]
fn table_that_none_can_be_called_is_wrong_usage() {
    let args = parquet("x.parquet");
    let common = CommonArgs { measurement: String::new(), ..args.common };
    assert!(common.options(ImportFormat::Parquet(ForeignOptions::default())).is_err());
}
