//! Recent rows as a sorted run.
#![allow(clippy::unwrap_used)]

use datafusion::arrow::array::AsArray;
use datafusion::arrow::datatypes::{Float64Type, Schema};
use std::sync::Arc;

use super::{columns, sorted_tail, times};
use crate::key_span::{KeySpan, TagSpan};
use crate::sample::Database;

fn sorted(span: &KeySpan) -> (Vec<i64>, Vec<Option<f64>>) {
    let mut database = Database::new();
    database.write("t,a=b v=1 5\nt,a=a v=2 9\nt v=3 7");
    database.write("t,a=a v=4 9\nt,a=a w=1i 2");
    let view = database.view();
    let table = view.tables.values().next().unwrap();
    let rows = sorted_tail(&table.schema, &table.tail, span).unwrap();
    let values = rows.column_by_name("v").unwrap().as_primitive::<Float64Type>().iter().collect();
    (times(&rows).unwrap().to_vec(), values)
}

#[test]
fn tail_is_sorted_with_one_row_an_identity() {
    assert_eq!(sorted(&KeySpan::all()), (vec![7, 2, 9, 5], vec![Some(3.0), None, Some(4.0), Some(1.0)]));
}

#[test]
fn tail_keeps_only_what_the_span_holds() {
    assert_eq!(sorted(&KeySpan::time(5, 7)).0, [7, 5]);
    let b = KeySpan::tag("a", TagSpan::among(["b".to_owned()].into()));
    assert_eq!(sorted(&b).0, [5]);
    assert_eq!(sorted(&KeySpan::tag("a", TagSpan::absent())).0, [7]);
    assert_eq!(sorted(&KeySpan::tag("a", TagSpan::present())).0, [2, 9, 5]);
    assert_eq!(sorted(&KeySpan::tag("other", TagSpan::present())).0, [0_i64; 0]);
    assert_eq!(sorted(&KeySpan::tag("other", TagSpan::absent())).0.len(), 4);
    assert_eq!(sorted(&KeySpan::none()).0, [0_i64; 0]);
}

#[test]
fn batch_without_columns_keeps_its_rows() {
    let mut database = Database::new();
    database.write("t v=1 5\nt v=2 6");
    let tail = database.view().tables.values().next().unwrap().tail[0].clone();
    let none = columns(&tail, &Arc::new(Schema::empty())).unwrap();
    assert_eq!((none.num_rows(), none.num_columns()), (2, 0));
}
