//! A table's segments against a plain list: what is added and removed adds up, wherever it is.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use proptest::sample::Index;
use tidewell_types::TimestampNs;

use super::*;
use crate::leaf::leaf_ref;
use crate::sample::{WRITE_ID, second};

/// Segments of which the first `listed` are in lists of up to four.
fn split(entries: &[SegmentEntry], listed: usize) -> Segments {
    let mut sorted: Vec<Arc<SegmentEntry>> = entries[..listed].iter().cloned().map(Arc::new).collect();
    sorted.sort_by_key(|entry| entry.key());
    let leaves = sorted
        .chunks(4)
        .enumerate()
        .map(|(index, part)| leaf_ref(Generation::ZERO, WriteId::from_bytes([index as u8 + 1; 16]), part).unwrap());
    let mut segments = Segments { leaves: Arc::new(leaves.collect()), ..Segments::default() };
    sorted.iter().for_each(|entry| segments.totals.add(entry));
    entries[listed..].iter().cloned().for_each(|entry| segments.push(Arc::new(entry)));
    segments
}

fn entry(number: u64) -> SegmentEntry {
    SegmentEntry { added: Version::new(number), rank: Version::new(number), ..second(number) }
}

fn share(entries: &[SegmentEntry]) -> u128 {
    entries.iter().fold(0, |sum, entry| sum.wrapping_add(entry.share()))
}

fn totals(entries: &[SegmentEntry]) -> SegmentTotals {
    let mut totals = SegmentTotals::default();
    entries.iter().for_each(|entry| totals.add(entry));
    totals
}

#[test]
fn fresh_segments_are_in_the_order_of_ranks_whatever_the_order_of_adding() {
    let ranked = |number: u64, rank: u64| SegmentEntry { rank: Version::new(rank), ..entry(number) };
    let segments = Segments::from_entries([ranked(1, 9), ranked(2, 3), ranked(3, 9), ranked(4, 1)]);
    let numbers: Vec<u64> = segments.fresh().iter().map(|entry| crate::sample::number(&entry.id)).collect();
    assert_eq!(numbers, [4, 2, 1, 3]);
    assert_eq!((segments.totals().segment_count, segments.totals().file_bytes), (4, 4 * 1000 + 1 + 2 + 3 + 4));
}

#[test]
fn segment_belongs_to_the_one_list_that_spans_it() {
    let entries: Vec<_> = [1, 3, 5, 7, 20, 22, 24, 26].map(entry).into();
    let segments = split(&entries, 8);
    let list_of = |number: u64| segments.leaf_of(&entry(number).key()).map(|leaf| leaf.id.as_bytes()[0]);
    let lists: Vec<_> = [0, 1, 2, 7, 8, 19, 20, 25, 26, 27].map(list_of).into();
    assert_eq!(lists, [None, Some(1), Some(1), Some(1), None, None, Some(2), Some(2), Some(2), None]);
}

#[test]
fn removal_from_another_list_than_the_one_it_was_found_in_is_refused() {
    let entries: Vec<_> = (1..=8).map(entry).collect();
    let (first, second) = (Home::Leaf(WriteId::from_bytes([1; 16])), Home::Leaf(WriteId::from_bytes([2; 16])));
    for (home, is_removed) in
        [(first, true), (Home::Committed, true), (second, false), (Home::Leaf(WRITE_ID), false), (Home::Fresh, false)]
    {
        let mut segments = split(&entries, 8);
        let removed = segments.remove(&Removal::of(&entries[2], home));
        assert_eq!(removed.is_ok(), is_removed, "{home:?}");
        if is_removed {
            assert_eq!(segments.totals().segment_count, 7);
            assert!(matches!(segments.remove(&Removal::of(&entries[2], home)), Err(Refusal::SegmentGone(_))));
        }
    }
}

#[test]
fn fresh_segment_is_removed_wherever_the_removal_thought_it_was() {
    for home in [Home::Fresh, Home::Committed, Home::Leaf(WRITE_ID)] {
        let mut segments = split(&[entry(1), entry(2)], 0);
        let bare = Removal {
            row_count: 0,
            share: 0,
            object: String::new(),
            added: Version::ZERO,
            ..Removal::of(&entry(2), home)
        };
        let removed = segments.remove(&bare).unwrap();
        // What counts is the segment, not what the removal says of it.
        let Removed { share, object, added, owned_url: None } = removed else { panic!() };
        assert_eq!((share, object, added), (entry(2).share(), entry(2).object, Version::new(2)));
        assert_eq!(segments, split(&[entry(1)], 0));
    }
}

#[test]
fn segments_that_do_not_add_up_are_not_whole() {
    let entries: Vec<_> = (1..=9).map(entry).collect();
    let whole = split(&entries, 8);
    assert!(whole.is_whole());
    let spoiled = |spoil: fn(&mut Segments)| {
        let mut segments = whole.clone();
        spoil(&mut segments);
        segments.is_whole()
    };
    assert!(!spoiled(|segments| segments.totals.segment_count += 1));
    assert!(!spoiled(|segments| drop(Arc::make_mut(&mut segments.fresh).pop())));
    assert!(!spoiled(|segments| Arc::make_mut(&mut segments.leaves).swap(0, 1)));
    assert!(!spoiled(|segments| {
        let leaves = Arc::make_mut(&mut segments.leaves);
        leaves[0].last = leaves[1].first;
    }));
    // Live no more, though no list names it.
    assert!(!spoiled(|segments| {
        Arc::make_mut(&mut segments.gone).insert(entry(100).key(), 0);
        segments.totals.segment_count -= 1;
    }));
    assert!(spoiled(|segments| {
        Arc::make_mut(&mut segments.gone).insert(entry(3).key(), 0);
        segments.totals.segment_count -= 1;
    }));
}

proptest! {
    #[test]
    fn segments_add_up_as_a_plain_list_does(
        starts in proptest::collection::btree_set(0..200u64, 1..40),
        listed in any::<Index>(),
        changes in proptest::collection::vec((any::<bool>(), any::<Index>()), 0..60),
    ) {
        let entries: Vec<_> = starts.into_iter().map(entry).collect();
        let listed = listed.index(entries.len() + 1);
        let mut segments = split(&entries, listed);
        let mut plain = entries.clone();
        let mut next = 1000;
        for (is_add, pick) in changes {
            if is_add || plain.is_empty() {
                next += 1;
                let added = SegmentEntry { time: entry(pick.index(200) as u64).time, ..entry(next) };
                segments.push(Arc::new(added.clone()));
                plain.push(added);
            } else {
                let gone = plain.remove(pick.index(plain.len()));
                let is_fresh = segments.fresh().iter().any(|entry| entry.id == gone.id);
                let home = match segments.leaf_of(&gone.key()) {
                    Some(leaf) if !is_fresh => Home::Leaf(leaf.id),
                    _ => Home::Fresh,
                };
                let removed = segments.remove(&Removal::of(&gone, home)).unwrap();
                prop_assert_eq!(removed.share, gone.share());
                let again = segments.remove(&Removal::of(&gone, home));
                prop_assert!(matches!(again, Err(Refusal::SegmentGone(_))));
            }
            prop_assert_eq!((segments.digest(), segments.totals()), (share(&plain), totals(&plain)));
            prop_assert!(segments.is_whole());
            prop_assert!(segments.fresh().windows(2).all(|pair| pair[0].rank <= pair[1].rank));
        }
        let never = entry(9999);
        let removal = Removal::of(&SegmentEntry { time: TimeBounds { min: TimestampNs::MIN, ..never.time }, ..never }, Home::Committed);
        prop_assert!(segments.remove(&removal).is_err());
    }
}
