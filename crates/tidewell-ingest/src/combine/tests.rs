//! What a group becomes: every request's rows in order, and every token pointing at its own.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int64Type, TimestampNanosecondType};
use arrow_array::{ArrayRef, Int64Array, TimestampNanosecondArray};
use proptest::prelude::*;

use super::*;

const TABLES: [&str; 3] = ["a", "b", "c"];

fn token(number: u8) -> TokenId {
    TokenId::from_bytes([number; 16])
}

/// Rows whose times are `times`, with a value in column `v<kind>`.
fn table(name: &str, times: &[i64], kind: u8) -> TableRows {
    let time: ArrayRef = Arc::new(TimestampNanosecondArray::from(times.to_vec()));
    let values: ArrayRef = Arc::new(Int64Array::from(times.to_vec()));
    let columns = [("time".to_owned(), time, false), (format!("v{kind}"), values, true)];
    TableRows { table: TableName::new(name).unwrap(), rows: RecordBatch::try_from_iter_with_nullable(columns).unwrap() }
}

fn times(rows: &RecordBatch) -> Vec<i64> {
    rows["time"].as_primitive::<TimestampNanosecondType>().values().to_vec()
}

fn spanned(grouped: &Grouped, token: &EntryToken) -> Vec<i64> {
    let rows = token.spans.iter().map(|span| {
        let table = &grouped.batch.tables[span.table as usize];
        times(&table.rows.slice(span.start as usize, span.count as usize))
    });
    rows.flatten().collect()
}

#[test]
fn requests_without_tokens_have_none() {
    let grouped = combine(vec![(Batch { tables: vec![table("a", &[1], 0)] }, None)]).unwrap();
    assert_eq!((grouped.batch.row_count(), grouped.tokens.len()), (1, 0));
    assert!(combine(Vec::new()).unwrap().batch.tables.is_empty());
}

proptest! {
    #[test]
    fn rows_keep_their_order_and_their_owner(
        requests in proptest::collection::vec(
            (proptest::option::of(0..200u8), proptest::collection::btree_map(0..3usize, (1..4usize, 0..3u8), 0..4)),
            0..8,
        ),
    ) {
        let mut next = 0;
        let mut seen = BTreeSet::new();
        let mut expected: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        let mut owned = Vec::new();
        let mut batches = Vec::new();
        for (number, tables) in requests {
            let number = number.filter(|number| seen.insert(*number));
            let mut own = Vec::new();
            let mut batch = Batch::default();
            for (index, (count, kind)) in tables {
                let rows: Vec<i64> = (next..next + count as i64).collect();
                next += count as i64;
                expected.entry(TABLES[index]).or_default().extend(&rows);
                own.extend(&rows);
                batch.tables.push(table(TABLES[index], &rows, kind));
            }
            owned.extend(number.map(|number| (token(number), own)));
            batches.push((batch, number.map(token)));
        }
        let grouped = combine(batches).unwrap();
        let tables = grouped.batch.tables.iter().map(|table| (table.table.as_str(), times(&table.rows)));
        prop_assert_eq!(tables.collect::<BTreeMap<_, _>>(), expected);
        for table in &grouped.batch.tables {
            // Each row has its value in one of the columns, whichever its request named.
            let columns = table.rows.columns().iter().filter_map(|column| column.as_primitive_opt::<Int64Type>());
            let values: i64 = columns.flat_map(|column| column.iter().flatten()).sum();
            prop_assert_eq!(values, times(&table.rows).iter().sum::<i64>());
        }
        let read: Vec<_> = grouped.tokens.iter().map(|token| (token.id, spanned(&grouped, token))).collect();
        prop_assert_eq!(read, owned);
    }
}
