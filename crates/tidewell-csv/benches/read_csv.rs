//! How fast CSV is read to typed columns, beside the `csv` crate and the standard library's parsers on the
//! same bytes.
#![allow(clippy::unwrap_used)]
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

#[path = "measure/shapes.rs"]
mod shapes;
#[path = "measure/side_by_side.rs"]
mod side_by_side;

use shapes::Shape;
use side_by_side::Sizes;

fn main() {
    let is_full = !cfg!(debug_assertions) || std::env::var_os("TIDEWELL_BENCH_FULL").is_some_and(|value| value == "1");
    println!("{}", side_by_side::HEADER);
    for shape in Shape::ALL {
        println!("{}", side_by_side::compare(shape, if is_full { Sizes::FULL } else { Sizes::SMALL }));
    }
}
