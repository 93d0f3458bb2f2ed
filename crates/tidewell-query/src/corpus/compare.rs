//! Whether rows are those that a case expects.
#![allow(clippy::unwrap_used)]

use serde_json::Value;

fn same_value(got: &Value, expected: &Value) -> bool {
    match (got, expected) {
        (Value::Number(got), Value::Number(expected)) => {
            if let (Some(got), Some(expected)) = (got.as_i64(), expected.as_i64()) {
                return got == expected;
            }
            let (got, expected) = (got.as_f64().unwrap(), expected.as_f64().unwrap());
            (got - expected).abs() <= 1e-9 * expected.abs().max(1.0)
        }
        (Value::Array(got), Value::Array(expected)) => same_row(got, expected),
        _ => got == expected,
    }
}

fn same_row(got: &[Value], expected: &[Value]) -> bool {
    got.len() == expected.len() && got.iter().zip(expected).all(|(got, expected)| same_value(got, expected))
}

/// Whether the rows are the same, in the same order where that matters.
pub(super) fn same_rows(got: &[Vec<Value>], expected: &[Vec<Value>], is_ordered: bool) -> bool {
    if got.len() != expected.len() {
        return false;
    }
    if is_ordered {
        return got.iter().zip(expected).all(|(got, expected)| same_row(got, expected));
    }
    let mut left: Vec<&Vec<Value>> = expected.iter().collect();
    got.iter().all(|row| {
        let place = left.iter().position(|expected| same_row(row, expected));
        place.map(|place| left.swap_remove(place)).is_some()
    })
}
