//! The byte budget: never over, and the wanted lane is never kept waiting by those ahead.
#![allow(clippy::unwrap_used)]

use futures::FutureExt as _;

use super::*;

#[tokio::test]
async fn readers_ahead_leave_half_to_the_one_that_is_wanted() {
    let budget = Budget::new(100);
    let ahead = budget.take(1, 50).await;
    assert!(budget.take(2, 1).now_or_never().is_none());
    let head = budget.take(0, 50).now_or_never().unwrap();
    assert!(budget.take(0, 1).now_or_never().is_none());
    drop(ahead);
    let more = budget.take(0, 50).now_or_never().unwrap();
    drop((head, more));
    assert_eq!(budget.peak_bytes(), 100);
}

#[tokio::test]
async fn a_lane_that_becomes_the_head_gets_what_it_waits_for() {
    let budget = Budget::new(100);
    let held = budget.take(1, 50).await;
    let other = Arc::clone(&budget);
    let waiting = tokio::task::LocalSet::new();
    waiting
        .run_until(async move {
            let wait = other.take(1, 40);
            tokio::pin!(wait);
            assert!((&mut wait).now_or_never().is_none());
            other.set_head(1);
            drop(wait.await);
            drop(held);
        })
        .await;
    assert_eq!(budget.peak_bytes(), 90);
}

#[tokio::test]
async fn more_than_a_share_counts_as_a_share() {
    let budget = Budget::new(100);
    let held = budget.take(0, 1000).await;
    assert_eq!(budget.peak_bytes(), 50);
    drop(held);
}

#[tokio::test]
async fn parts_of_what_was_taken_are_given_back_one_by_one() {
    let budget = Budget::new(100);
    let mut held = budget.take(1, 50).await;
    assert!(budget.take_free(1, 1).is_none(), "a reader ahead has its half");
    held.keep(40);
    let part = held.split(30);
    let rest = held.split(30);
    assert!(budget.take_free(1, 11).is_none());
    drop(rest);
    assert!(budget.take_free(1, 21).is_none());
    let free = budget.take_free(1, 20).unwrap();
    drop((held, part, free));
    assert!(budget.take_free(1, 50).is_some());
    assert_eq!(budget.peak_bytes(), 50);
}
