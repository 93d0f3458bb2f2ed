//! Runs the speed bench small: that it works, and that both readers read the same.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "../benches/measure/shapes.rs"]
mod shapes;
#[path = "../benches/measure/side_by_side.rs"]
mod side_by_side;

use shapes::Shape;
use side_by_side::{HEADER, Sizes, compare};

#[test]
fn bench_small_measures_every_shape() {
    for shape in Shape::ALL {
        let comparison = compare(shape, Sizes::SMALL);
        assert!(comparison.tidewell.as_nanos() > 0 && comparison.reference.as_nanos() > 0);
        assert_eq!(comparison.to_string().matches('|').count(), HEADER.matches('|').count());
    }
}
