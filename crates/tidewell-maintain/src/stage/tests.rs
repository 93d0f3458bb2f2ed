//! Staging a fold's rows: in windows, without those that have expired.
#![allow(clippy::unwrap_used)]

use tidewell_manifest::Intent;
use tidewell_types::{Batch, Seq, Source, Stamp, TableRows, TimestampNs, WriterId};

use super::*;
use crate::rewrite::sample::{DAY_NS, Row, author, batch, commit, database, env, segment_rows, table};

fn entry_of(rows: &[Row]) -> Arc<Entry> {
    Arc::new(Entry {
        source: Source::Memory(WriterId::from_bytes([9; 16])),
        seq: Seq::ZERO,
        stamp: Stamp::from_ns(1),
        batch: Batch { tables: vec![TableRows { table: table(), rows: batch(rows) }] },
        tokens: Vec::new(),
    })
}

#[tokio::test]
async fn rows_below_the_time_floor_are_left_out() {
    let (store, manifest) = database().await;
    let before = manifest.state();
    let rows: [Row; 3] = [(5, "a", Some(1.0), None), (2 * DAY_NS, "a", Some(2.0), None), (9, "b", None, Some(3))];
    let floor = |ns| Intent { time_floors: vec![(table(), TimestampNs::from_ns(ns))], ..Intent::new(author()) };
    commit(&manifest, floor(9)).await;
    // By the newest floor, whichever state the entries were chosen by.
    let staged = stage(&store, &env(5), &manifest, &before, &[entry_of(&rows)]).await.unwrap();
    let mut found = Vec::new();
    for one in &staged {
        found.extend(segment_rows(&store, &Arc::new(one.entry.clone())).await.into_iter().map(|row| row.0));
    }
    assert_eq!(found, [9, 2 * DAY_NS]);
    assert!(staged[0].entry.object.contains("/m/1970-01-01/") && staged[1].entry.object.contains("/m/1970-01-03/"));
    commit(&manifest, floor(3 * DAY_NS)).await;
    assert!(stage(&store, &env(6), &manifest, &before, &[entry_of(&rows)]).await.unwrap().is_empty());
}
