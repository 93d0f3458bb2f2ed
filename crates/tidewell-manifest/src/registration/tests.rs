//! Which files can be registered, and what becomes of those that are.
#![allow(clippy::unwrap_used)]

use tidewell_types::FieldType;

use super::*;
use crate::LiveSegment;
use crate::sample::registered::{candidate, facts};
use crate::sample::{
    add, author, commit, live, memory, open, open_small, schema, second, segment, settle, stamped, table,
};

fn urls(state: &State) -> Vec<&str> {
    state.registered().map(|entry| entry.foreign.as_ref().unwrap().url.as_str()).collect()
}

fn register(state: &State, candidates: &[Candidate]) -> Result<State, Refusal> {
    match Intent::register(state, author(), &table("level"), candidates)? {
        Some(intent) => state.apply(&intent, stamped(u128::from(state.version.get()) + 1)),
        None => Ok(state.clone()),
    }
}

fn with_tag(number: u8, tag: &str) -> Candidate {
    let known = candidate(number);
    Candidate {
        id: SegmentId::from_bytes([number + 100; 16]),
        file: ForeignFile { tag: tag.into(), ..known.file },
        ..known
    }
}

fn owned(number: u8) -> Candidate {
    let known = candidate(number);
    Candidate { file: ForeignFile { is_owned: true, ..known.file }, ..known }
}

#[test]
fn file_registered_says_no_more_than_is_known() {
    let state = register(&State::default(), &[candidate(1)]).unwrap();
    let entry = state.registered().next().unwrap();
    assert_eq!((entry.time, entry.row_count, entry.has_facts()), (TimeBounds::ALL, 100, false));
    assert_eq!((entry.rank, entry.added, entry.deletes_to), (Version::new(1), Version::new(1), Version::ZERO));
    assert_eq!(
        (entry.tags[0].tag.as_str(), entry.tags[0].min.as_deref(), entry.tags[0].max.as_deref()),
        ("site", Some(""), None)
    );
    assert_eq!(entry.object, format!("s3://lake/level/1.parquet#{}", entry.id));
    assert_eq!(state.totals(), crate::SegmentTotals::default(), "claims are no totals");
    assert_eq!(state.tables["level"].schema.tags().len(), 1);
    assert_eq!(state.segments_digest, entry.share());
}

#[test]
fn file_registered_again_stays_and_with_another_content_is_replaced() {
    let state = register(&State::default(), &[candidate(1), candidate(2)]).unwrap();
    assert!(Intent::register(&state, author(), &table("level"), &[candidate(1), candidate(2)]).unwrap().is_none());
    let replaced = register(&state, &[candidate(1), with_tag(2, "\"new\"")]).unwrap();
    assert_eq!(urls(&replaced), urls(&state));
    let ranks: Vec<_> = replaced.registered().map(|entry| entry.rank.get()).collect();
    assert_eq!((ranks, replaced.graves.len()), (vec![1, 2], 1));
    assert!(replaced.graves.values().all(|grave| grave.owned_url.is_none()));
    let longer = Candidate { file_bytes: 1, ..with_tag(2, "\"new\"") };
    assert!(Intent::register(&replaced, author(), &table("level"), &[longer]).unwrap().is_some());
}

#[test]
fn file_given_twice_or_owned_elsewhere_is_refused() {
    let twice = register(&State::default(), &[candidate(1), with_tag(1, "\"x\"")]).unwrap_err();
    assert_eq!(twice, Refusal::FileTwice(candidate(1).file.url));
    let other = |state: &State, candidate| {
        let intent = Intent::register(state, author(), &table("wind"), &[candidate]).unwrap().unwrap();
        state.apply(&intent, stamped(9)).map(drop)
    };
    let fresh_id = |candidate| Candidate { id: SegmentId::from_bytes([200; 16]), ..candidate };
    let shared = register(&State::default(), &[candidate(1)]).unwrap();
    assert_eq!(other(&shared, fresh_id(candidate(1))), Ok(()));
    let refused = Refusal::FileOwned { url: candidate(1).file.url, table: "level".into() };
    assert_eq!(other(&shared, fresh_id(owned(1))), Err(refused.clone()));
    let held = register(&State::default(), &[owned(1)]).unwrap();
    assert_eq!(other(&held, fresh_id(candidate(1))), Err(refused));
}

#[test]
fn columns_that_conflict_are_refused_by_name() {
    let text = Candidate { schema: schema(&["site"], &[("level", FieldType::String)]), ..candidate(2) };
    let among = Intent::register(&State::default(), author(), &table("level"), &[candidate(1), text.clone()]);
    assert!(matches!(among.unwrap_err(), Refusal::Schema { .. }));
    let state = register(&State::default(), &[candidate(1)]).unwrap();
    assert!(register(&state, &[text]).unwrap_err().to_string().contains("level"));
}

#[test]
fn file_unregistered_stays_where_it_is() {
    let state = register(&State::default(), &[candidate(1), owned(2)]).unwrap();
    let both = [candidate(2).file.url, candidate(2).file.url];
    let intent = Intent::unregister(&state, author(), &table("level"), &both).unwrap();
    let left = state.apply(&intent, stamped(3)).unwrap();
    assert_eq!(urls(&left), [candidate(1).file.url]);
    assert_eq!(left.graves.values().map(|grave| grave.owned_url.clone()).collect::<Vec<_>>(), [None]);
    let missing = Intent::unregister(&left, author(), &table("level"), &both).unwrap_err();
    assert_eq!(missing, Refusal::FileMissing(candidate(2).file.url));
}

#[test]
fn owned_file_that_is_rewritten_goes_and_cannot_come_back_meanwhile() {
    let state = register(&State::default(), &[candidate(1), owned(2)]).unwrap();
    let removes = state.registered().map(|entry| Removal::of(entry, Home::Fresh)).collect();
    let rewritten =
        Intent { removes, adds: vec![SegmentEntry { rank: Version::new(1), ..segment(7) }], ..Intent::new(author()) };
    let state = state.apply(&rewritten, stamped(3)).unwrap();
    let going: Vec<_> = state.graves.values().filter_map(|grave| grave.owned_url.clone()).collect();
    assert_eq!(going, [candidate(2).file.url], "a file that is not owned stays");
    assert_eq!(register(&state, &[with_tag(2, "\"x\"")]).unwrap_err(), Refusal::FileGoing(candidate(2).file.url));
    assert!(register(&state, &[with_tag(1, "\"x\"")]).is_ok());
}

#[test]
fn files_of_one_commit_keep_their_order_whatever_becomes_known_of_them() {
    let state = register(&State::default(), &[candidate(3), candidate(1), candidate(2)]).unwrap();
    let sorted: Vec<String> = [1, 2, 3].map(|number| candidate(number).file.url).into();
    assert_eq!(urls(&state), sorted);
    for number in [1, 3] {
        let found = [(candidate(number).id, SegmentId::from_bytes([number + 50; 16]), facts())];
        let intent = Intent::settle(&state, author(), &table("level"), &found).unwrap();
        assert_eq!(urls(&state.apply(&intent, stamped(9)).unwrap()), sorted);
    }
}

#[test]
fn facts_take_the_place_of_claims_at_the_same_rank() {
    let state = register(&State::default(), &[candidate(1), owned(2)]).unwrap();
    let state = state.apply(&add(5), stamped(8)).unwrap();
    let new_id = SegmentId::from_bytes([0xaa; 16]);
    let found = [(candidate(2).id, new_id, facts()), (segment(99).id, segment(98).id, facts())];
    let intent = Intent::settle(&state, author(), &table("level"), &found).unwrap();
    let state = state.apply(&intent, stamped(9)).unwrap();
    let checked = state.registered().find(|entry| entry.id == new_id).unwrap();
    assert_eq!((checked.rank, checked.added, checked.time), (Version::new(1), Version::new(3), facts().time));
    assert_eq!((checked.has_facts(), checked.row_count, checked.tags.clone()), (true, 99, facts().tags));
    assert!(checked.foreign.as_ref().unwrap().is_owned);
    assert!(state.graves.values().all(|grave| grave.owned_url.is_none()), "the file is still registered");
    assert!(Intent::settle(&state, author(), &table("level"), &found).is_none());
}

#[tokio::test(start_paused = true)]
async fn registered_files_stay_out_of_lists_and_are_found_with_segments() {
    let store = memory();
    let manifest = open_small(&store, 1).await;
    let adds = (0..20).map(second).collect();
    commit(&manifest, Intent { adds, ..Intent::new(author()) }).await;
    let candidates: Vec<Candidate> = (1..=9).map(candidate).collect();
    let state =
        manifest.commit(move |state| Intent::register(state, author(), &table("level"), &candidates)).await.unwrap();
    manifest.checkpoint(&state).await.unwrap();
    let state = open_small(&store, 2).await.state();
    assert_eq!((state.registered().count(), state.has_lists(), state.totals().segment_count), (9, true, 20));
    assert_eq!(live(&manifest, &state).await.len(), 29);
    let early = TimeBounds { min: TimestampNs::from_ns(-9), max: TimestampNs::from_ns(-8) };
    let found = [(candidate(2).id, SegmentId::from_bytes([0xbb; 16]), Facts { time: early, ..facts() })];
    let take_facts = move |state: &State| Ok(Intent::settle(state, author(), &table("level"), &found));
    let state = manifest.commit(take_facts).await.unwrap();
    let segments = &state.tables["level"].segments;
    let met: Vec<LiveSegment> = manifest.select(segments, &early).await.unwrap();
    assert!(met.len() == 9 && met.iter().all(|segment| segment.entry.foreign.is_some()));
    let order: Vec<&str> = met.iter().filter_map(|one| Some(one.entry.foreign.as_ref()?.url.as_str())).collect();
    assert!(order.is_sorted(), "as before: {order:?}");
    let removal = met[3].removal();
    let state = commit(&manifest, Intent { removes: vec![removal], ..Intent::new(author()) }).await;
    assert_eq!(state.registered().count(), 8);
    settle().await;
}

#[tokio::test(start_paused = true)]
async fn two_processes_that_register_the_same_file_do_it_once() {
    let store = memory();
    let (one, other) = (open(&store, 1).await, open(&store, 2).await);
    for (manifest, number) in [(&one, 1), (&other, 2), (&one, 1)] {
        let known = candidate(1);
        let candidate = Candidate { id: SegmentId::from_bytes([number; 16]), ..known };
        let register =
            move |state: &State| Intent::register(state, author(), &table("level"), std::slice::from_ref(&candidate));
        let state = manifest.commit(register).await.unwrap();
        assert_eq!((state.version.get(), state.registered().count()), (1, 1));
    }
}

#[test]
fn more_files_than_a_state_holds_are_refused() {
    let mut state = State::default();
    let numbered = |number: usize| {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&(number as u64).to_le_bytes());
        let known = candidate(1);
        let url = format!("s3://lake/{number}");
        Candidate { id: SegmentId::from_bytes(id), file: ForeignFile { url, ..known.file }, ..known }
    };
    let many: Vec<Candidate> = (0..REGISTERED_MAX).map(numbered).collect();
    state = register(&state, &many).unwrap();
    assert_eq!(register(&state, &[numbered(REGISTERED_MAX)]).unwrap_err(), Refusal::FilesTooMany(REGISTERED_MAX));
}
