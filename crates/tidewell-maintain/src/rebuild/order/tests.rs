//! Ranks: what files say stays, what they do not say comes before, and order is kept.
#![allow(clippy::unwrap_used)]

use proptest::prelude::{any, prop, proptest};
use tidewell_manifest::SegmentEntry;
use tidewell_storage::Tier;
use tidewell_types::{SegmentId, TableName, TimeBounds};

use super::*;

fn segment(number: usize, rank: Option<u64>) -> FoundSegment {
    let entry = SegmentEntry {
        id: SegmentId::from_bytes([number as u8; 16]),
        object: format!("{number:04}"),
        table: TableName::new("m").unwrap(),
        file_bytes: 1,
        footer_bytes: 1,
        row_count: 1,
        value_count: 1,
        time: TimeBounds::ALL,
        tags: Vec::new(),
        digest: 0,
        tier: Tier::Hot,
        added: Version::ZERO,
        rank: Version::ZERO,
        deletes_to: Version::ZERO,
        foreign: None,
    };
    FoundSegment { entry, rank: rank.map(Version::new) }
}

/// The ranks that segments with these in their files get, in the order of their names.
fn ranked(ranks: &[Option<u64>]) -> Vec<u64> {
    let mut segments: Vec<_> = ranks.iter().enumerate().map(|(number, rank)| segment(number, *rank)).collect();
    let unranked_count = rank(&mut segments);
    assert_eq!(unranked_count as usize, ranks.iter().filter(|rank| rank.is_none()).count());
    assert!(segments.windows(2).all(|pair| pair[0].entry.rank <= pair[1].entry.rank));
    segments.sort_by(|a, b| a.entry.object.cmp(&b.entry.object));
    segments.iter().map(|segment| segment.entry.rank.get()).collect()
}

#[test]
fn ranks_of_files_stay() {
    assert_eq!(ranked(&[Some(9), Some(3), Some(9), Some(1)]), [9, 3, 9, 1]);
    assert_eq!(ranked(&[]), Vec::<u64>::new());
}

#[test]
fn files_without_a_rank_come_first_by_name() {
    assert_eq!(ranked(&[None, None, None]), [1, 2, 3]);
    assert_eq!(ranked(&[None, Some(9), None, Some(4)]), [1, 9, 2, 4]);
    // Three places for six files: neighbours share one.
    assert_eq!(ranked(&[None, None, Some(4), None, None, None, None]), [1, 1, 4, 2, 2, 3, 3]);
    assert_eq!(ranked(&[None, None, Some(1)]), [1, 1, 1]);
}

proptest! {
    #[test]
    fn ranks_of_any_files_keep_the_order(ranks in prop::collection::vec(prop::option::of(1..20_u64), 0..60), far in any::<bool>()) {
        let ranks: Vec<Option<u64>> = ranks.iter().map(|rank| rank.map(|rank| if far { rank + (1 << 61) } else { rank })).collect();
        let given = ranked(&ranks);
        for (rank, given) in ranks.iter().zip(&given) {
            assert!(*given >= 1 && rank.is_none_or(|rank| rank == *given));
        }
        let least = ranks.iter().flatten().min();
        let unranked: Vec<u64> = ranks.iter().zip(&given).filter(|(rank, _)| rank.is_none()).map(|(_, given)| *given).collect();
        assert!(unranked.is_sorted());
        assert!(least.is_none_or(|least| unranked.iter().all(|rank| *rank < (*least).max(2))));
    }
}
