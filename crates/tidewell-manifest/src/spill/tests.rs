//! Lists hold every live segment once, in order, and only those that change are written.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;
use tidewell_types::{SegmentId, TimeBounds, TimestampNs, Version};

use super::*;
use crate::checkpoint;
use crate::removal::{Home, Removal};
use crate::sample::{SMALL, WRITE_ID, memory, open, open_small, second, table};

/// A state with one table.
fn state(segments: Segments) -> State {
    let mut state = State { version: Version::new(1), ..State::default() };
    state.segments_digest = segments.digest();
    state.tables.entry(table("level")).or_default().segments = segments;
    state
}

fn entry(number: u64) -> SegmentEntry {
    SegmentEntry { added: Version::new(1), rank: Version::new(1), ..second(number) }
}

fn fresh(numbers: impl IntoIterator<Item = u64>) -> Segments {
    Segments::from_entries(numbers.into_iter().map(entry))
}

async fn spilled(manifest: &Manifest, segments: &Segments) -> Segments {
    manifest.spill(&state(segments.clone())).await.unwrap().tables["level"].segments.clone()
}

fn add(segments: &mut Segments, numbers: impl IntoIterator<Item = u64>) {
    numbers.into_iter().for_each(|number| segments.push(Arc::new(entry(number))));
}

fn remove(segments: &mut Segments, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        segments.remove(&Removal::of(&entry(number), Home::Committed)).unwrap();
    }
}

/// The lengths of the lists, oldest first.
fn lengths(segments: &Segments) -> Vec<u64> {
    segments.leaves().iter().map(|leaf| leaf.segment_count).collect()
}

async fn numbers(manifest: &Manifest, segments: &Segments) -> Vec<u64> {
    crate::sample::live(manifest, &state(segments.clone())).await
}

/// What a spill asked of the store: GETs, PUTs.
async fn requests(manifest: &Manifest, segments: &Segments) -> (Segments, u64, u64) {
    let before = manifest.store.meter().snapshot();
    let after = spilled(manifest, segments).await;
    let used = manifest.store.meter().snapshot() - before;
    assert_eq!(used.requests(), used.gets + used.puts);
    (after, used.gets, used.puts)
}

#[tokio::test(start_paused = true)]
async fn few_loose_segments_stay_where_they_are() {
    let manifest = open_small(&memory(), 2).await;
    let small = fresh(1..=4);
    let (after, gets, puts) = requests(&manifest, &small).await;
    assert_eq!((after, gets, puts), (small, 0, 0));
    assert_eq!(lengths(&spilled(&manifest, &fresh(1..=5)).await), [5]);
}

#[tokio::test(start_paused = true)]
async fn few_loose_segments_of_very_many_tables_are_moved_too() {
    let manifest = open_small(&memory(), 2).await;
    let mut many = State::default();
    for number in 0..5 {
        let name = table(&format!("t{number}"));
        // Three in most, two in the last: thirteen and more in all.
        let segments = fresh((0..if number < 4 { 3 } else { 2 }).map(|at| number * 100 + at));
        many.tables.entry(name).or_default().segments = segments;
    }
    let after = manifest.spill(&many).await.unwrap();
    let loose: Vec<usize> = after.tables.values().map(|table| table.segments.loose()).collect();
    assert_eq!(loose, [0, 0, 0, 0, 2]);
    // One fewer, and they may stay.
    many.tables.remove("t3");
    assert_eq!(manifest.spill(&many).await.unwrap(), many);
}

#[tokio::test(start_paused = true)]
async fn lists_are_as_long_as_they_may_be_and_in_order() {
    let manifest = open_small(&memory(), 2).await;
    let shuffled = (0..30u64).map(|number| number * 7 % 30);
    let (after, gets, puts) = requests(&manifest, &fresh(shuffled)).await;
    assert_eq!((lengths(&after), gets, puts), (vec![8, 8, 8, 6], 0, 4));
    assert_eq!(numbers(&manifest, &after).await, (0..30).collect::<Vec<_>>());
    assert!(after.is_whole());
}

#[tokio::test(start_paused = true)]
async fn only_lists_that_change_are_read_and_written() {
    let manifest = open_small(&memory(), 2).await;
    let mut segments = spilled(&manifest, &fresh((0..32).map(|number| number * 10))).await;
    let before = segments.leaves().to_vec();
    assert_eq!(lengths(&segments), [8; 4]);
    // Into the second list, and out of it.
    remove(&mut segments, [90, 100]);
    add(&mut segments, [95, 96, 97]);
    let store = manifest.store.clone();
    let cold = open_small(&store, 3).await;
    let (after, gets, puts) = requests(&cold, &segments).await;
    // Nine are one too many for a list; the third is full.
    assert_eq!((lengths(&after), gets, puts), (vec![8, 8, 1, 8, 8], 1, 2));
    assert_eq!([&after.leaves()[0], &after.leaves()[3], &after.leaves()[4]], [&before[0], &before[2], &before[3]]);
    // At the end: what is last is short no more.
    add(&mut segments, 400..403);
    let (after, _, puts) = requests(&cold, &segments).await;
    assert_eq!((lengths(&after), puts), (vec![8, 8, 1, 8, 8, 3], 4));
    let mut appended = after.clone();
    add(&mut appended, 500..505);
    let (after, _, puts) = requests(&cold, &appended).await;
    assert_eq!((lengths(&after), puts), (vec![8, 8, 1, 8, 8, 8], 1));
}

#[tokio::test(start_paused = true)]
async fn short_lists_are_joined_with_what_is_written_beside_them() {
    let manifest = open_small(&memory(), 2).await;
    let mut segments = spilled(&manifest, &fresh((0..32).map(|number| number * 10))).await;
    // First the second list shrinks to two, then the third to three, as a compaction goes.
    remove(&mut segments, (10..16).map(|number| number * 10));
    let mut segments = spilled(&manifest, &segments).await;
    assert_eq!(lengths(&segments), [8, 2, 8, 8]);
    remove(&mut segments, (19..24).map(|number| number * 10));
    let mut segments = spilled(&manifest, &segments).await;
    assert_eq!(lengths(&segments), [8, 5, 8]);
    // A list that comes before is joined with one behind it.
    remove(&mut segments, (1..8).map(|number| number * 10));
    let (mut segments, _, puts) = requests(&manifest, &segments).await;
    assert_eq!((lengths(&segments), puts), (vec![6, 8], 1));
    // A list whose segments are all gone leaves nothing.
    remove(&mut segments, (24..32).map(|number| number * 10));
    let (after, _, puts) = requests(&manifest, &segments).await;
    assert_eq!((lengths(&after), puts), (vec![6], 0));
    assert_eq!(numbers(&manifest, &after).await, [0, 80, 90, 160, 170, 180]);
}

#[tokio::test(start_paused = true)]
async fn table_that_has_lost_everything_has_no_lists() {
    let manifest = open_small(&memory(), 2).await;
    let mut segments = spilled(&manifest, &fresh(0..20)).await;
    remove(&mut segments, 0..20);
    assert_eq!(spilled(&manifest, &segments).await, Segments::default());
}

#[tokio::test(start_paused = true)]
async fn removal_that_lied_about_its_segment_is_found_out_before_the_list_is_replaced() {
    let manifest = open_small(&memory(), 2).await;
    let mut segments = spilled(&manifest, &fresh(0..20)).await;
    remove(&mut segments, 0..4);
    let lie = Removal { share: 7, ..Removal::of(&entry(4), Home::Committed) };
    segments.remove(&lie).unwrap();
    let error = manifest.spill(&state(segments)).await.unwrap_err();
    assert!(matches!(&error, ManifestError::Inconsistent { .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn lists_hold_each_live_segment_once_however_they_came_about(
        rounds in proptest::collection::vec(
            (proptest::collection::vec(0..100u64, 0..30), proptest::collection::vec(any::<Index>(), 0..20)),
            1..8,
        ),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let manifest = open_small(&memory(), 2).await;
            let mut plain: BTreeMap<SegmentId, SegmentEntry> = BTreeMap::new();
            let (mut segments, mut next) = (Segments::default(), 0);
            for (starts, picks) in rounds {
                for at in starts {
                    next += 1;
                    let added = SegmentEntry { time: entry(at).time, ..entry(1000 + next) };
                    segments.push(Arc::new(added.clone()));
                    plain.insert(added.id, added);
                }
                for pick in picks {
                    let Some(id) = (!plain.is_empty()).then(|| *plain.keys().nth(pick.index(plain.len())).unwrap()) else { break };
                    let gone = plain.remove(&id).unwrap();
                    segments.remove(&Removal::of(&gone, Home::Committed)).unwrap();
                }
                let before = segments.clone();
                segments = spilled(&manifest, &segments).await;
                assert_eq!((segments.digest(), segments.totals()), (before.digest(), before.totals()));
                assert!(segments.is_whole() && segments.loose() <= SMALL.table);
                assert!(lengths(&segments).iter().all(|length| *length <= SMALL.leaf as u64));
                let mut seen = Vec::new();
                manifest.visit_segments(&state(segments.clone()), |_, entry| seen.push((**entry).clone())).await.unwrap();
                seen.sort_by_key(|entry| entry.id);
                assert_eq!(seen, plain.values().cloned().collect::<Vec<_>>());
                // A list that was not touched is the same object.
                for leaf in before.leaves() {
                    // What lies between two lists goes to the one before, and what lies before all to the first.
                    let is_first = before.leaves().first() == Some(leaf);
                    let next = before.leaves().iter().map(|other| other.first).find(|first| *first > leaf.first);
                    let takes = |key| (is_first || leaf.first <= key) && next.is_none_or(|next| key < next);
                    let is_touched = before.gone.range(leaf.first..=leaf.last).next().is_some()
                        || before.fresh().iter().any(|entry| takes(entry.key()));
                    assert!(is_touched || leaf.segment_count < SMALL.leaf as u64 || segments.leaves().contains(leaf));
                }
            }
        });
    }
}

const DAY_S: u64 = 86_400;

/// Segments of three years, each of a while, `number` of `count`.
fn of_three_years(number: u64, count: u64) -> SegmentEntry {
    let span_s = 3 * 365 * DAY_S;
    let time = |number: u64| TimestampNs::from_ns((number * span_s / count * 1_000_000_000) as i64);
    SegmentEntry {
        time: TimeBounds { min: time(number), max: TimestampNs::from_ns(time(number + 1).as_ns() - 1) },
        tags: Vec::new(),
        ..entry(number)
    }
}

/// Not a million, which takes a test without optimisation a minute: what is asserted grows with lists, each of 4,096.
const MANY: u64 = 200_000;

#[tokio::test(start_paused = true)]
async fn table_of_very_many_segments_has_a_small_root_and_a_day_in_two_lists() {
    let store = memory();
    let manifest = open(&store, 2).await;
    let many = Segments::from_entries((0..MANY).map(|number| of_three_years(number, MANY)));
    let (segments, gets, puts) = requests(&manifest, &many).await;
    let lists = MANY.div_ceil(LEAF_SEGMENTS_MAX as u64);
    assert_eq!((gets, puts, segments.leaves().len() as u64), (0, lists, lists));
    assert!(lengths(&segments).iter().all(|length| *length <= LEAF_SEGMENTS_MAX as u64));

    let state = state(segments);
    let root = checkpoint::encode(&state, WRITE_ID).unwrap();
    // Of a list the root has its name, its digest and its ends, which do not compress.
    assert!(root.len() as u64 <= 200 + lists * 100, "{} bytes for {lists} lists", root.len());
    assert_eq!(checkpoint::decode(&root).unwrap(), state);

    let cold = open(&store, 3).await;
    for day in [0, 1, 400, 1000, 1094] {
        let bounds = |s: u64| TimestampNs::from_ns((s * 1_000_000_000) as i64);
        let within =
            TimeBounds { min: bounds(day * DAY_S), max: TimestampNs::from_ns(bounds((day + 1) * DAY_S).as_ns() - 1) };
        let before = store.meter().snapshot();
        let live = cold.select(&state.tables["level"].segments, &within).await.unwrap();
        let used = store.meter().snapshot() - before;
        assert!(used.gets <= 2 && used.requests() == used.gets, "day {day}: {used:?}");
        let expected = MANY / (3 * 365);
        assert!((expected..=expected + 2).contains(&(live.len() as u64)), "day {day}: {}", live.len());
    }

    // A thousand more at the end, and one here and there: as many lists change as are met.
    let mut grown = state.tables["level"].segments.clone();
    let mut touched = vec![lists - 1];
    for number in 0..1000 {
        grown.push(Arc::new(SegmentEntry { id: entry(MANY + number).id, ..of_three_years(MANY - 1, MANY) }));
    }
    for list in [3, 17, 40] {
        let gone = of_three_years(list * LEAF_SEGMENTS_MAX as u64 + 5, MANY);
        grown.remove(&Removal::of(&gone, Home::Committed)).unwrap();
        touched.push(list);
    }
    let (after, gets, puts) = requests(&cold, &grown).await;
    assert!(gets <= touched.len() as u64 && puts <= touched.len() as u64 + 1, "{gets} {puts}");
    assert_eq!(after.totals().segment_count, MANY + 1000 - 3);
}
