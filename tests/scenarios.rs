//! The real binary, end to end, by scenario: on a local folder, and again on a real S3.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout, missing_docs)]

mod bad_input;
mod bench_small;
#[path = "../benches/bill.rs"]
mod bill;
mod cloud;
mod command_line;
mod conformance;
mod crowd;
mod duckdb;
mod exchange;
mod frozen_bucket;
mod history;
mod kill;
mod load;
mod place;
mod port_8086;
mod readme;
mod rollup;
#[path = "../benches/serverless.rs"]
mod serverless;
mod shutdown;
mod sql_corpus;
mod two_servers;
mod upkeep;
#[path = "../benches/workload.rs"]
mod workload;
