//! What the store is asked, and what that costs: `cargo bench -p tidewell-cli --bench requests`.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout, missing_docs)]

mod bill;
mod serverless;

use bill::{Size, run};
use serverless::Sizes;

/// Enough of each to tell the whole.
const FULL: Sizes =
    Sizes { idle_hours: 24, writer_minutes: 120, crowd_seconds: 120, dashboard_minutes: 60, history_days: 30 };

fn main() {
    println!("{}", run(Size { commits: [10, 100, 1_000], day_hours: 24 }));
    println!("{}", serverless::run(FULL));
}
