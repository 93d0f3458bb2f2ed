//! What is asked for.
#![allow(clippy::unwrap_used)]

use clap::Parser;

use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: ExportArgs,
}

fn args(line: &str) -> ExportArgs {
    Line::try_parse_from(["export"].into_iter().chain(line.split(' '))).unwrap().args
}

#[test]
fn format_goes_by_the_name_of_the_output() {
    assert_eq!(format(&args("cpu -o a.parquet")).unwrap(), Format::Parquet);
    assert_eq!(format(&args("cpu -o s3://b/a.csv")).unwrap(), Format::Csv);
    assert_eq!(format(&args("cpu -o a --format jsonl")).unwrap(), Format::JsonLines);
    assert_eq!(format(&args("cpu -o folder --partition-by day")).unwrap(), Format::Parquet);
    assert!(format(&args("cpu -o a")).is_err());
    assert!(format(&args("cpu -o a.csv --compression lz4")).is_err());
}

#[test]
fn table_and_span_become_a_statement() {
    assert_eq!(statement(&args("cpu -o a.csv")), "SELECT * FROM \"cpu\"");
    let expected = "SELECT * FROM \"c\"\"pu\" WHERE time >= arrow_cast(1000000000, 'Timestamp(Nanosecond, None)') AND time < \
                    arrow_cast(86400000000000, 'Timestamp(Nanosecond, None)')";
    assert_eq!(statement(&args("c\"pu -o a.csv --start 1970-01-01T00:00:01Z --end 1970-01-02")), expected);
    assert_eq!(statement(&args("-o a.csv --sql SELECT")), "SELECT");
}

#[test]
fn table_and_sql_exclude_each_other() {
    assert!(Line::try_parse_from(["export", "cpu", "--sql", "SELECT 1", "-o", "a.csv"]).is_err());
    assert!(Line::try_parse_from(["export", "-o", "a.csv"]).is_err());
}
