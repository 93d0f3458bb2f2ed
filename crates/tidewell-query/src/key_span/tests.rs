//! Boxes of identities: joins, meets, and what they leave out.

use std::collections::BTreeSet;

use tidewell_manifest::{SegmentEntry, TagBounds};
use tidewell_storage::Tier;
use tidewell_types::{SegmentId, TableName, TimeBounds, TimestampNs, Version};

use super::{KeySpan, TagSpan};

fn among(values: &[&str]) -> TagSpan {
    TagSpan::among(values.iter().map(ToString::to_string).collect::<BTreeSet<_>>())
}

fn segment(time: (i64, i64), tags: Vec<TagBounds>) -> Option<SegmentEntry> {
    let bounds = TimeBounds { min: TimestampNs::from_ns(time.0), max: TimestampNs::from_ns(time.1) };
    Some(SegmentEntry {
        id: SegmentId::from_bytes([0; 16]),
        object: String::new(),
        table: TableName::new("t").ok()?,
        file_bytes: 1,
        footer_bytes: 1,
        row_count: 10,
        value_count: 10,
        time: bounds,
        tags,
        digest: 0,
        tier: Tier::Hot,
        added: Version::ZERO,
        rank: Version::ZERO,
        deletes_to: Version::ZERO,
        foreign: None,
    })
}

fn bounds(min: Option<&str>, max: Option<&str>, null_count: u64) -> TagBounds {
    TagBounds { tag: "host".into(), min: min.map(Into::into), max: max.map(Into::into), null_count }
}

fn meets(span: &KeySpan, tags: Vec<TagBounds>) -> bool {
    segment((0, 9), tags).is_some_and(|segment| span.meets(&segment))
}

#[test]
fn time_outside_of_the_segment_does_not_meet_it() {
    let is_met = |min, max| segment((10, 20), vec![]).is_some_and(|segment| KeySpan::time(min, max).meets(&segment));
    assert!(is_met(20, 30) && is_met(0, 10) && is_met(12, 13) && is_met(i64::MIN, i64::MAX));
    assert!(!is_met(21, 30) && !is_met(0, 9) && !is_met(15, 14));
}

#[test]
fn values_outside_of_the_bounds_do_not_meet_the_segment() {
    let span = KeySpan::tag("host", among(&["b", "x"]));
    assert!(meets(&span, vec![bounds(Some("a"), Some("c"), 0)]));
    assert!(meets(&span, vec![bounds(Some("c"), None, 0)]), "without an upper bound anything may follow");
    assert!(!meets(&span, vec![bounds(Some("c"), Some("d"), 3)]));
    assert!(!meets(&span, vec![bounds(None, None, 10)]), "all rows lack the tag");
    assert!(!meets(&span, vec![]), "the segment has no such column");
}

#[test]
fn rows_without_the_tag_meet_only_what_asks_for_them() {
    let absent = KeySpan::tag("host", TagSpan::absent());
    assert!(meets(&absent, vec![bounds(Some("a"), Some("b"), 1)]) && meets(&absent, vec![]));
    assert!(!meets(&absent, vec![bounds(Some("a"), Some("b"), 0)]));
    let present = KeySpan::tag("host", TagSpan::present());
    assert!(meets(&present, vec![bounds(Some("a"), Some("b"), 1)]));
    assert!(!meets(&present, vec![]) && !meets(&present, vec![bounds(None, None, 10)]));
}

#[test]
fn both_of_two_spans_is_their_overlap() {
    let span = KeySpan::time(0, 10).and(KeySpan::time(5, 20)).and(KeySpan::tag("host", among(&["a", "b"])));
    let span = span.and(KeySpan::tag("host", among(&["b", "c"])));
    assert_eq!(span, KeySpan { tags: [("host".to_owned(), among(&["b"]))].into(), ..KeySpan::time(5, 10) });
    assert_eq!(KeySpan::time(0, 4).and(KeySpan::time(5, 9)), KeySpan::none());
    assert_eq!(KeySpan::tag("host", among(&["a"])).and(KeySpan::tag("host", among(&["b"]))), KeySpan::none());
    assert_eq!(KeySpan::tag("host", among(&["a"])).and(KeySpan::tag("host", TagSpan::absent())), KeySpan::none());
}

#[test]
fn either_of_two_spans_keeps_only_tags_that_both_limit() {
    let a = KeySpan::time(0, 4).and(KeySpan::tag("host", among(&["a"]))).and(KeySpan::tag("region", among(&["r"])));
    let b = KeySpan::time(8, 9).and(KeySpan::tag("host", TagSpan::absent()));
    let both = TagSpan { is_null_in: true, ..among(&["a"]) };
    assert_eq!(a.clone().or(b), KeySpan { tags: [("host".to_owned(), both)].into(), ..KeySpan::time(0, 9) });
    assert_eq!(a.clone().or(KeySpan::none()), a);
    assert_eq!(KeySpan::none().or(a.clone()), a);
}

#[test]
fn ranges_of_values_hold_their_ends() {
    let span = TagSpan { min: Some("b".into()), max: Some("d".into()), ..TagSpan::present() };
    assert!(span.holds("b") && span.holds("d") && !span.holds("a") && !span.holds("e"));
    let span = KeySpan::tag("host", span);
    assert!(meets(&span, vec![bounds(Some("d"), Some("z"), 0)]) && meets(&span, vec![bounds(Some("a"), Some("b"), 0)]));
    assert!(
        !meets(&span, vec![bounds(Some("e"), Some("z"), 0)]) && !meets(&span, vec![bounds(Some("a"), Some("az"), 0)])
    );
}
