//! Tests of meters.

use super::{Meter, RequestKind, Usage};

#[test]
fn meter_child_counts_for_its_parent_and_not_for_its_siblings() {
    let parent = Meter::new();
    let (first, second) = (parent.child(), parent.child());
    first.count(RequestKind::Get, 2);
    first.count_bytes_in(10);
    second.count(RequestKind::Put, 1);
    second.count_bytes_out(7);
    assert_eq!(first.snapshot(), Usage { gets: 2, bytes_in: 10, ..Usage::default() });
    assert_eq!(second.snapshot(), Usage { puts: 1, bytes_out: 7, ..Usage::default() });
    assert_eq!(parent.snapshot(), first.snapshot() + second.snapshot());
}

#[test]
fn usage_difference_is_what_came_between() {
    let meter = Meter::new();
    meter.count(RequestKind::List, 3);
    let before = meter.snapshot();
    meter.count(RequestKind::List, 2);
    assert_eq!(meter.snapshot() - before, Usage { lists: 2, ..Usage::default() });
    assert_eq!(before - meter.snapshot(), Usage::default());
}

#[test]
fn usage_of_each_kind_adds_up_to_all_requests() {
    let meter = Meter::new();
    for (index, kind) in RequestKind::ALL.into_iter().enumerate() {
        meter.count(kind, index as u64 + 1);
    }
    let usage = meter.snapshot();
    for (index, kind) in RequestKind::ALL.into_iter().enumerate() {
        assert_eq!(usage.of(kind), index as u64 + 1, "{kind:?}");
    }
    assert_eq!(usage.requests(), 21);
}
