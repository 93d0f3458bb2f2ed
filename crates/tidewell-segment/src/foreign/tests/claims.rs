//! Statistics of foreign footers against the rows.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray, TimestampMillisecondArray};
use parquet::basic::Compression;

use super::{file_with, plan, properties, rows};
use crate::foreign::{ClaimedStats, ForeignOptions, StatValue, StatsCheck};

fn claimed() -> (super::Bytes, ClaimedStats) {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("timestamp", Arc::new(TimestampMillisecondArray::from(vec![3, 1, 2]))),
        ("host", Arc::new(StringArray::from(vec![Some("b"), None, Some("a")]))),
        ("f", Arc::new(Float64Array::from(vec![1.0, f64::NAN, -1.0]))),
        ("n", Arc::new(Int64Array::from(vec![Some(7), None, None]))),
        ("sensor", Arc::new(Int64Array::from(vec![5, 10, 5]))),
    ];
    let file = file_with(columns, properties(Compression::ZSTD(Default::default())));
    let (footer, plan) = plan(&file, &options()).unwrap();
    let claimed = plan.claimed(&footer, 0).unwrap();
    (file, claimed)
}

fn options() -> ForeignOptions {
    ForeignOptions { tags: vec!["host".to_owned(), "sensor".to_owned()], ..ForeignOptions::default() }
}

fn check(file: &super::Bytes, claimed: ClaimedStats) -> Result<(), String> {
    let (_, plan) = plan(file, &options()).unwrap();
    let mut check = StatsCheck::new(&plan, claimed);
    check.see(&rows(file, &options()).unwrap()).map_err(|error| error.to_string())?;
    check.finish().map(|_| ()).map_err(|error| error.to_string())
}

#[test]
fn claims_are_in_our_form_and_true_ones_hold() {
    let (file, claimed) = claimed();
    let of = |name: &str| claimed.columns.iter().find(|column| &*column.name == name).unwrap();
    assert_eq!(claimed.row_count, 3);
    assert_eq!(
        (&of("time").min, &of("time").max),
        (&Some(StatValue::Integer(1_000_000)), &Some(StatValue::Integer(3_000_000)))
    );
    assert_eq!(of("host").max, Some(StatValue::Text("b".to_owned())));
    assert_eq!(of("n").null_count, Some(2));
    // As text 10 is before 5.
    assert_eq!(of("sensor").min, None);
    check(&file, claimed).unwrap();
}

#[test]
fn claims_that_lie_are_found() {
    let (file, truth) = claimed();
    let lies: [fn(&mut ClaimedStats); 4] = [
        |claimed| claimed.row_count = 4,
        |claimed| claimed.columns[0].max = Some(StatValue::Integer(2_000_000)),
        |claimed| claimed.columns[1].min = Some(StatValue::Text("aa".to_owned())),
        |claimed| claimed.columns[4].null_count = Some(0),
    ];
    for lie in lies {
        let mut claimed = truth.clone();
        lie(&mut claimed);
        assert!(check(&file, claimed).unwrap_err().contains("lie"));
    }
}
