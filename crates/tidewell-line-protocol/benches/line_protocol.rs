//! How fast line protocol is parsed, side by side with the `influxdb-line-protocol` crate on the same bytes.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

#[path = "measure/shapes.rs"]
mod shapes;
#[path = "measure/side_by_side.rs"]
mod side_by_side;

use std::process::ExitCode;

use shapes::Shape;
use side_by_side::Sizes;

/// Below this the full bench fails, for [`Shape::TagsAndIntegers`].
const MB_PER_SECOND_MIN: f64 = 300.0;

fn main() -> ExitCode {
    let is_full = !cfg!(debug_assertions) || std::env::var_os("TIDEWELL_BENCH_FULL").is_some_and(|value| value == "1");
    let sizes = if is_full { Sizes::FULL } else { Sizes::SMALL };
    println!("{}", side_by_side::HEADER);
    let mut fails = false;
    for shape in Shape::ALL {
        let comparison = side_by_side::compare(shape, sizes);
        println!("{comparison}");
        fails |= shape == Shape::TagsAndIntegers && comparison.tidewell.mb_per_second() < MB_PER_SECOND_MIN;
    }
    if is_full && fails {
        println!("10 tags + 10 integers: below {MB_PER_SECOND_MIN} MB/s");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
