//! Runs the speed bench small: that it works, and that both parsers read the same.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "../benches/measure/shapes.rs"]
mod shapes;
#[path = "../benches/measure/side_by_side.rs"]
mod side_by_side;

use shapes::{Shape, make_body};
use side_by_side::{HEADER, Sizes, compare};

#[test]
fn bench_small_measures_every_shape() {
    for shape in Shape::ALL {
        let comparison = compare(shape, Sizes::SMALL);
        assert!(comparison.tidewell.mb_per_second() > 0.0);
        assert!(comparison.reference.lines_per_second() > 0.0);
        let row = comparison.to_string();
        assert!(row.starts_with(shape.name()));
        assert_eq!(row.matches('|').count(), HEADER.matches('|').count());
    }
}

#[test]
fn bench_body_same_seed_is_the_same() {
    assert_eq!(make_body(Shape::Short, 50, 1), make_body(Shape::Short, 50, 1));
    assert_ne!(make_body(Shape::Short, 50, 1), make_body(Shape::Short, 50, 2));
}
