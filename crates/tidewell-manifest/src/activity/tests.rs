//! Commits of all kinds, and what is said of them.
#![allow(clippy::unwrap_used)]

use tidewell_types::Seq;

use super::*;
use crate::intent::{Fold, Intent};
use crate::sample::{add, commit, memory, open, removal, stream};

fn folding(number: u64, from: u64, to: u64) -> Intent {
    let fold = Fold { source: Source::Objects(stream(9)), epoch: 0, from: Seq::new(from), to: Seq::new(to) };
    Intent { folds: vec![fold], ..add(number) }
}

#[tokio::test(start_paused = true)]
async fn activity_counts_new_rows_and_log_objects_and_no_rewrites() {
    let store = memory();
    let manifest = open(&store, 2).await;
    assert_eq!(manifest.activity(100).await.unwrap(), Activity::default());
    commit(&manifest, folding(1, 0, 3)).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    commit(&manifest, folding(2, 3, 10)).await;
    let rows: u64 = manifest.state().tables.values().map(|table| table.segments.totals().row_count).sum();
    let rewrite = Intent { removes: vec![removal(&manifest.state(), 1)], ..add(3) };
    commit(&manifest, rewrite).await;
    let before = store.meter().snapshot();
    let activity = manifest.activity(100).await.unwrap();
    let asked = store.meter().snapshot() - before;
    assert_eq!((activity.commits, activity.log_objects, activity.writers), (3, 10, 1));
    assert_eq!((activity.rows, activity.span), (rows, Duration::from_secs(60)));
    assert_eq!((asked.lists, asked.gets, asked.requests()), (1, 3, 4));
}

#[tokio::test(start_paused = true)]
async fn activity_reads_no_more_commits_than_it_may() {
    let store = memory();
    let manifest = open(&store, 2).await;
    for number in 1..=5 {
        commit(&manifest, folding(number, number - 1, number)).await;
    }
    let activity = manifest.activity(2).await.unwrap();
    assert_eq!((activity.commits, activity.log_objects), (2, 2));
}
