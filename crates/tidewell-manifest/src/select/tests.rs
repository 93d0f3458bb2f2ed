//! What a span of time holds, found in lists and outside of them, with few requests.
#![allow(clippy::unwrap_used)]

use tidewell_storage::{Store, Tier};
use tidewell_types::Version;

use super::*;
use crate::intent::Intent;
use crate::sample::{author, commit, find, live, memory, number, open_small, second, table};

fn within(from: u64, to: u64) -> TimeBounds {
    TimeBounds { min: second(from).time.min, max: second(to).time.max }
}

fn adds(numbers: std::ops::Range<u64>) -> Intent {
    Intent { adds: numbers.map(second).collect(), ..Intent::new(author()) }
}

async fn numbers(manifest: &Manifest, state: &State, within: &TimeBounds) -> Vec<u64> {
    let live = manifest.select(&state.tables["level"].segments, within).await.unwrap();
    live.iter().map(|segment| number(&segment.entry.id)).collect()
}

/// Seconds 1 to 31 in lists of eight, 5 and 20 of them removed since, and 32 to 34 outside of lists.
async fn database() -> (Store, Manifest, Arc<State>) {
    let store = memory();
    let manifest = open_small(&store, 2).await;
    commit(&manifest, adds(1..32)).await;
    manifest.checkpoint(&manifest.state()).await.unwrap();
    let state = manifest.state();
    let removes = vec![find(&manifest, &state, 5).await, find(&manifest, &state, 20).await];
    let state = commit(&manifest, Intent { removes, ..adds(32..35) }).await;
    assert_eq!((state.tables["level"].segments.leaves().len(), state.tables["level"].segments.loose()), (4, 5));
    (store, manifest, state)
}

#[tokio::test(start_paused = true)]
async fn span_of_time_is_what_meets_it_in_lists_and_outside() {
    let (_, manifest, state) = database().await;
    for (from, to) in [(0, 0), (1, 1), (3, 6), (5, 5), (8, 9), (30, 33), (34, 90), (50, 90), (0, 90)] {
        let expected: Vec<u64> = (from..=to).filter(|at| (1..35).contains(at) && ![5, 20].contains(at)).collect();
        assert_eq!(numbers(&manifest, &state, &within(from, to)).await, expected, "{from}..={to}");
    }
    assert_eq!(live(&manifest, &state).await.len(), 32);
}

#[tokio::test(start_paused = true)]
async fn span_of_time_reads_the_lists_that_meet_it_once() {
    let (store, _, _) = database().await;
    let cold = open_small(&store, 3).await;
    let state = cold.state();
    for (from, to, gets) in [(32, 90, 0), (2, 3, 1), (2, 3, 0), (4, 9, 1), (0, 90, 2), (0, 90, 0)] {
        let before = store.meter().snapshot();
        numbers(&cold, &state, &within(from, to)).await;
        assert_eq!((store.meter().snapshot() - before).requests(), gets, "{from}..={to}");
    }
}

#[tokio::test(start_paused = true)]
async fn segments_come_in_the_order_of_ranks_wherever_they_are() {
    let (_, manifest, _) = database().await;
    // A rewrite of old rows, added last, with the rank of the first commit, and cold.
    let rewrite = SegmentEntry { rank: Version::new(1), tier: Tier::Cold, time: within(1, 40), ..second(900) };
    let state = commit(&manifest, Intent { adds: vec![rewrite], author: author(), ..adds(0..0) }).await;
    let live = manifest.select(&state.tables["level"].segments, &within(30, 33)).await.unwrap();
    let ranks: Vec<_> = live.iter().map(|one| (one.entry.rank.get(), number(&one.entry.id), one.home)).collect();
    let list = state.tables["level"].segments.leaves()[3].id;
    let (in_list, fresh) = (Home::Leaf(list), Home::Fresh);
    assert_eq!(ranks, [(1, 30, in_list), (1, 31, in_list), (1, 900, fresh), (3, 32, fresh), (3, 33, fresh)]);
    assert_eq!(live[2].entry.tier, Tier::Cold);
}

#[tokio::test(start_paused = true)]
async fn home_is_where_a_removal_takes_the_segment_out() {
    let (_, manifest, state) = database().await;
    let live = manifest.select(&state.tables["level"].segments, &within(30, 33)).await.unwrap();
    for segment in live {
        let mut segments = state.tables["level"].segments.clone();
        segments.remove(&segment.removal()).unwrap();
        assert_eq!(segments.totals().segment_count, 31);
    }
}

#[tokio::test(start_paused = true)]
async fn list_of_an_old_state_that_is_collected_is_said_to_be() {
    let (store, manifest, state) = database().await;
    let leaf = state.tables["level"].segments.leaves()[0].clone();
    let name = manifest.layout().leaf(leaf.generation, leaf.id);
    store.delete(std::slice::from_ref(&name)).await.unwrap();
    let cold = open_small(&store, 3).await;
    let error = cold.select(&state.tables["level"].segments, &TimeBounds::ALL).await.unwrap_err();
    assert!(matches!(&error, ManifestError::Collected { object } if *object == name.to_string()), "{error}");
    // What does not need it is not concerned.
    assert_eq!(numbers(&cold, &state, &within(20, 22)).await, [21, 22]);
}

#[tokio::test(start_paused = true)]
async fn damaged_list_is_an_error_that_names_it() {
    let (store, manifest, state) = database().await;
    let leaves = state.tables["level"].segments.leaves();
    let names: Vec<_> = leaves.iter().map(|leaf| manifest.layout().leaf(leaf.generation, leaf.id)).collect();
    // One list in the place of another, both whole.
    store.overwrite(&names[0], store.get(&names[1]).await.unwrap().unwrap()).await.unwrap();
    let cold = open_small(&store, 3).await;
    let error = cold.select(&state.tables["level"].segments, &TimeBounds::ALL).await.unwrap_err();
    assert!(matches!(&error, ManifestError::Decode { object, .. } if *object == names[0].to_string()), "{error}");
}

#[tokio::test(start_paused = true)]
async fn visit_calls_for_every_live_segment_of_every_table_once() {
    let (_, manifest, _) = database().await;
    let wind = SegmentEntry { table: table("wind"), ..second(700) };
    let state = commit(&manifest, Intent { adds: vec![wind], ..Intent::new(author()) }).await;
    let mut seen = Vec::new();
    manifest.visit_segments(&state, |name, entry| seen.push((name.to_string(), number(&entry.id)))).await.unwrap();
    seen.sort_unstable();
    let level = (1..35).filter(|at| ![5, 20].contains(at)).map(|at| ("level".to_owned(), at));
    assert_eq!(seen, level.chain([("wind".to_owned(), 700)]).collect::<Vec<_>>());
    assert_eq!(manifest.select(&Segments::default(), &TimeBounds::ALL).await.unwrap(), []);
}
