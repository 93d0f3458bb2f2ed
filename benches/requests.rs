//! What the store is asked, and what that costs: `cargo bench -p tidewell-cli --bench requests`.
//!
//! `TIDEWELL_BENCH_WHOLE=1` takes the month and the days of the functions as they are, which takes many minutes; without it parts of
//! them are measured and multiplied.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout, missing_docs)]

mod bill;
mod serverless;

use bill::{Size, run};

fn main() {
    println!("{}", run(Size { commits: [10, 100, 1_000], day_hours: 24 }));
    println!("{}", serverless::run(serverless::full()));
}
