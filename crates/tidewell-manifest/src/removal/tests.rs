//! A removal says of its segment what taking it out needs.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::sample::second;

#[test]
fn removal_says_what_its_segment_is() {
    let entry = SegmentEntry { added: Version::new(7), rank: Version::new(3), ..second(5) };
    let list = Home::Leaf(WriteId::from_bytes([1; 16]));
    let removal = Removal::of(&entry, list);
    assert_eq!((removal.id, removal.table.as_ref(), &removal.object), (entry.id, Some(&entry.table), &entry.object));
    assert_eq!((removal.time_min, removal.added, removal.home), (entry.time.min, Version::new(7), list));
    assert_eq!((removal.row_count, removal.value_count, removal.file_bytes), (10, 17, 1005));
    assert_eq!(removal.share, entry.share());
}

#[test]
fn share_depends_on_identity_content_and_version_alone() {
    let entry = SegmentEntry { added: Version::new(7), ..second(5) };
    let same = SegmentEntry { object: "elsewhere".into(), rank: Version::new(9), row_count: 1, ..entry.clone() };
    assert_eq!(same.share(), entry.share());
    let others = [
        SegmentEntry { added: Version::new(8), ..entry.clone() },
        SegmentEntry { digest: entry.digest ^ 1, ..entry.clone() },
        SegmentEntry { id: second(6).id, ..entry.clone() },
    ];
    for other in others {
        assert_ne!(other.share(), entry.share());
    }
}
