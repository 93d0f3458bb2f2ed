//! An intent is exact wherever checkpoints moved its segments since it was made.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use tidewell_storage::Store;
use tidewell_types::Source;

use super::*;
use crate::sample::{author, commit, find, fold, live, memory, open_small, second, segment, stream};
use crate::{ManifestError, SegmentEntry};

/// A database with segments 1 to 20 in lists and 21 to 23 outside of them.
async fn database() -> (Store, Manifest, Arc<State>) {
    let store = memory();
    let manifest = open_small(&store, 2).await;
    let adds = |numbers: std::ops::RangeInclusive<u64>| Intent {
        adds: numbers.map(second).collect(),
        ..Intent::new(author())
    };
    commit(&manifest, adds(1..=20)).await;
    manifest.checkpoint(&manifest.state()).await.unwrap();
    let state = commit(&manifest, adds(21..=23)).await;
    assert_eq!(state.tables["level"].segments.leaves().len(), 3);
    (store, manifest, state)
}

fn removes(removal: Removal) -> Intent {
    Intent { removes: vec![removal], ..Intent::new(author()) }
}

async fn refusal(manifest: &Manifest, intent: Intent) -> Refusal {
    match manifest.commit(move |_| Ok(Some(intent.clone()))).await {
        Err(CommitError::Refused(refusal)) => refusal,
        outcome => panic!("{outcome:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn removal_planned_before_its_segment_went_into_a_list_is_committed() {
    let (store, manifest, planned) = database().await;
    let removal = find(&manifest, &planned, 22).await;
    assert_eq!(removal.home, Home::Fresh);
    commit(&manifest, Intent { adds: (30..40).map(second).collect(), ..Intent::new(author()) }).await;
    manifest.checkpoint(&manifest.state()).await.unwrap();
    assert!(manifest.state().tables["level"].segments.fresh().is_empty());
    let state = commit(&manifest, removes(removal.clone())).await;
    let expected: Vec<u64> = (1..=23).chain(30..40).filter(|number| *number != 22).collect();
    assert_eq!(live(&manifest, &state).await, expected);
    assert_eq!(live(&manifest, &open_small(&store, 3).await.state()).await, expected);
    // Its record says what it is, so that readers need not look.
    assert_eq!(refusal(&manifest, removes(removal)).await, Refusal::SegmentGone(segment(22).id.to_string()));
}

#[tokio::test(start_paused = true)]
async fn removal_planned_before_its_list_was_rewritten_is_committed() {
    let (_, manifest, planned) = database().await;
    let removal = find(&manifest, &planned, 3).await;
    assert!(matches!(removal.home, Home::Leaf(_)));
    let others: Vec<Removal> = [find(&manifest, &planned, 1).await, find(&manifest, &planned, 2).await].into();
    commit(&manifest, Intent { removes: others, ..Intent::new(author()) }).await;
    manifest.checkpoint(&manifest.state()).await.unwrap();
    assert_ne!(find(&manifest, &manifest.state(), 3).await.home, removal.home);
    let state = commit(&manifest, removes(removal)).await;
    assert_eq!(live(&manifest, &state).await, (4..=23).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn removal_where_it_was_planned_reads_no_list() {
    let (store, manifest, state) = database().await;
    let removal = find(&manifest, &state, 3).await;
    let cold = open_small(&store, 3).await;
    let before = store.meter().snapshot();
    // Its handle has read no list, and the removal says in which it was found: that is of another state, but the same list.
    commit(&cold, removes(removal)).await;
    let used = store.meter().snapshot() - before;
    assert_eq!((used.gets, used.puts, used.requests()), (3, 1, 4));
}

#[tokio::test(start_paused = true)]
async fn removal_of_what_no_list_names_is_refused_whatever_it_says() {
    let (_, manifest, state) = database().await;
    let leaf = state.tables["level"].segments.leaves()[0].id;
    let never = SegmentEntry { id: segment(999).id, ..second(5) };
    for home in [Home::Fresh, Home::Committed, Home::Leaf(crate::sample::WRITE_ID)] {
        let refused = refusal(&manifest, removes(Removal::of(&never, home))).await;
        assert_eq!(refused, Refusal::SegmentGone(segment(999).id.to_string()), "{home:?}");
    }
    // Nor what is in another list than the time says.
    let mislaid = Removal { time_min: second(12).time.min, ..Removal::of(&second(5), Home::Leaf(leaf)) };
    assert!(matches!(refusal(&manifest, removes(mislaid)).await, Refusal::SegmentGone(_)));
    let elsewhere = Removal { table: Some(crate::sample::table("wind")), ..find(&manifest, &state, 5).await };
    assert!(matches!(refusal(&manifest, removes(elsewhere)).await, Refusal::SegmentGone(_)));
    assert_eq!(manifest.version(), state.version);
}

#[tokio::test(start_paused = true)]
async fn removal_raced_by_another_is_refused_though_both_saw_it() {
    let (store, manifest, planned) = database().await;
    let other = open_small(&store, 3).await;
    let (one, two) = (find(&manifest, &planned, 5).await, find(&other, &other.state(), 5).await);
    commit(&other, removes(two)).await;
    assert!(matches!(refusal(&manifest, removes(one.clone())).await, Refusal::SegmentGone(_)));
    // Also once the list has been rewritten without it.
    let gone = [find(&other, &other.state(), 6).await, find(&other, &other.state(), 7).await];
    commit(&other, Intent { removes: gone.into(), ..Intent::new(author()) }).await;
    other.checkpoint(&other.state()).await.unwrap();
    assert!(matches!(refusal(&manifest, removes(one)).await, Refusal::SegmentGone(_)));
}

#[tokio::test(start_paused = true)]
async fn adding_what_is_in_a_list_is_refused_where_nothing_else_tells() {
    let (store, manifest, state) = database().await;
    let add = |number| Intent { adds: vec![second(number)], ..Intent::new(author()) };
    for number in [7, 22] {
        let refused = refusal(&manifest, add(number)).await;
        assert_eq!(refused, Refusal::SegmentTwice(segment(number).id.to_string()), "{number}");
    }
    // A fold says by what it folds whether it was committed: no list is read.
    let cold = open_small(&store, 3).await;
    let before = store.meter().snapshot();
    let between = SegmentEntry { id: segment(500).id, ..second(5) };
    let folds = vec![fold(Source::Objects(stream(1)), 0, 0, 1)];
    commit(&cold, Intent { adds: vec![between], folds, ..Intent::new(author()) }).await;
    assert_eq!((store.meter().snapshot() - before).requests(), 4);
    // Neither does an import of later data.
    let before = store.meter().snapshot();
    commit(&cold, add(600)).await;
    assert_eq!((store.meter().snapshot() - before).requests(), 4);
    assert_eq!(cold.version().get(), state.version.get() + 2);
}

#[tokio::test(start_paused = true)]
async fn removal_whose_list_is_lost_commits_nothing() {
    let (store, manifest, planned) = database().await;
    let removal = Removal { home: Home::Fresh, ..find(&manifest, &planned, 5).await };
    for object in store.list(&manifest.layout().leaf_prefix()).await.unwrap() {
        let (generation, id) = manifest.layout().parse_leaf(&object.key).unwrap();
        store.delete(&[manifest.layout().leaf(generation, id)]).await.unwrap();
    }
    let cold = open_small(&store, 3).await;
    let intent = removes(removal);
    let outcome = cold.commit(move |_| Ok(Some(intent.clone()))).await;
    assert!(matches!(outcome, Err(CommitError::Manifest(ManifestError::Collected { .. }))), "{outcome:?}");
    assert_eq!(open_small(&store, 4).await.version(), planned.version);
}
