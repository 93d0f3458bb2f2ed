//! The oracle tells what is allowed from what is not: each rule is broken once.
#![allow(clippy::unwrap_used)]

use tidewell_types::{Generation, NodeId, StreamId, WriterId};

use super::*;
use crate::rows::Rows;
use crate::violation::Invariant;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn key(table: &str, tag: &str) -> RowKey {
    RowKey { table: table.into(), tags: vec![("c".into(), tag.to_owned())], time_ns: 7 }
}

fn mark(write: u64) -> Row {
    Row { key: key(MARKS, &write.to_string()), fields: vec![("n".into(), Value::Integer(value_of(write, 0)))] }
}

fn shared(write: u64) -> Row {
    Row { key: key("m", "shared"), fields: vec![("f".into(), Value::Integer(value_of(write, 1)))] }
}

fn objects() -> Option<(Source, Seq)> {
    let stream = StreamId { generation: Generation::ZERO, writer: WriterId::from_bytes([1; 16]) };
    Some((Source::Objects(stream), Seq::ZERO))
}

/// Begins a write at a time; it has a mark and one shared cell.
fn begin(oracle: &mut Oracle, process: &str, lane: Lane, started: u64) -> u64 {
    let number = oracle.next_write();
    oracle.begin((process, 1), lane, &[mark(number), shared(number)], at(started));
    number
}

/// A write that is acknowledged two seconds after it began.
fn acked(oracle: &mut Oracle, process: &str, lane: Lane, started: u64) -> u64 {
    let number = begin(oracle, process, lane, started);
    oracle.end(number, Outcome::Acked, objects(), at(started + 2));
    number
}

/// What a reader sees that has the marks of some writes and the shared cell of one of them.
fn view(marks: &[u64], shown: u64) -> Rows {
    let mut rows = Rows::default();
    rows.overlay(&marks.iter().map(|write| mark(*write)).chain([shared(shown)]).collect::<Vec<_>>());
    rows
}

fn judge(oracle: &mut Oracle, view: &Rows, started: u64) -> Result<(), Invariant> {
    let mut reader = Reader::new("reader", 1, false);
    oracle.judge(&mut reader, view, (at(started), at(started + 1))).map_err(|(invariant, _)| invariant)
}

fn honest() -> Oracle {
    Oracle::new(false, false)
}

#[test]
fn acknowledged_write_must_be_seen_by_reads_that_begin_later() {
    let mut oracle = honest();
    acked(&mut oracle, "a", Lane::Objects, 0);
    assert_eq!(judge(&mut oracle, &Rows::default(), 1), Ok(()), "it was not acknowledged when the read began");
    assert_eq!(judge(&mut oracle, &Rows::default(), 5), Err(Invariant::StrongRead));
    assert_eq!(judge(&mut oracle, &view(&[1], 1), 5), Ok(()));
}

#[test]
fn open_write_may_be_seen_or_not_but_only_whole() {
    let mut oracle = honest();
    begin(&mut oracle, "a", Lane::Objects, 0);
    assert_eq!(judge(&mut oracle, &Rows::default(), 5), Ok(()));
    let mut half = Rows::default();
    half.overlay(&[shared(1)]);
    assert_eq!(judge(&mut oracle, &half, 5), Err(Invariant::ExactlyOnce));
    let mut other_half = Rows::default();
    other_half.overlay(&[mark(1)]);
    assert_eq!(judge(&mut oracle, &other_half, 5), Err(Invariant::StrongRead));
    assert_eq!(judge(&mut oracle, &view(&[1], 1), 5), Ok(()));
}

#[test]
fn refused_write_and_one_that_nobody_sent_must_not_be_seen() {
    let mut oracle = honest();
    let number = begin(&mut oracle, "a", Lane::Objects, 0);
    oracle.end(number, Outcome::Refused, None, at(1));
    assert_eq!(judge(&mut oracle, &view(&[1], 1), 5), Err(Invariant::Outcome));
    assert_eq!(judge(&mut oracle, &view(&[2], 2), 5), Err(Invariant::Content));
}

#[test]
fn last_of_two_writes_wins_where_one_ended_before_the_other_began() {
    let mut oracle = honest();
    acked(&mut oracle, "a", Lane::Objects, 0);
    acked(&mut oracle, "b", Lane::Objects, 3);
    assert_eq!(judge(&mut oracle, &view(&[1, 2], 1), 9), Err(Invariant::Order));
    assert_eq!(judge(&mut oracle, &view(&[1, 2], 2), 9), Ok(()));
    acked(&mut oracle, "a", Lane::Objects, 4);
    assert_eq!(judge(&mut oracle, &view(&[1, 2, 3], 2), 9), Ok(()), "the third ran at the same time");
    assert_eq!(judge(&mut oracle, &view(&[1, 2, 3], 1), 9), Err(Invariant::Order));
}

#[test]
fn clocks_that_lie_leave_the_order_of_two_processes_open_until_a_fold() {
    let mut oracle = Oracle::new(true, false);
    acked(&mut oracle, "a", Lane::Objects, 0);
    acked(&mut oracle, "b", Lane::Objects, 3);
    assert_eq!(judge(&mut oracle, &view(&[1, 2], 1), 9), Ok(()));
    oracle.folded(&[mark(1), mark(2)], at(10));
    acked(&mut oracle, "c", Lane::Objects, 11);
    assert_eq!(judge(&mut oracle, &view(&[1, 2, 3], 2), 20), Err(Invariant::Order), "what is folded is earlier");
    assert_eq!(judge(&mut oracle, &view(&[1, 2, 3], 3), 20), Ok(()));
}

#[test]
fn one_process_orders_its_own_writes_whatever_its_clock_says() {
    let mut oracle = Oracle::new(true, false);
    acked(&mut oracle, "a", Lane::Objects, 0);
    acked(&mut oracle, "a", Lane::Objects, 3);
    assert_eq!(judge(&mut oracle, &view(&[1, 2], 1), 9), Err(Invariant::Order));
}

#[test]
fn reader_never_loses_what_it_or_another_saw() {
    let mut oracle = honest();
    begin(&mut oracle, "a", Lane::Objects, 0);
    let mut reader = Reader::new("reader", 1, false);
    oracle.judge(&mut reader, &view(&[1], 1), (at(3), at(4))).unwrap();
    let (invariant, _) = oracle.judge(&mut reader, &Rows::default(), (at(5), at(6))).unwrap_err();
    assert_eq!(invariant, Invariant::Monotone);
    assert_eq!(judge(&mut oracle, &Rows::default(), 3), Ok(()), "this one began before the other ended");
    assert_eq!(judge(&mut oracle, &Rows::default(), 5), Err(Invariant::Monotone));
}

#[test]
fn rows_of_a_local_log_are_due_there_at_once_and_elsewhere_once_folded() {
    let mut oracle = honest();
    let number = begin(&mut oracle, "disk", Lane::Disk, 0);
    oracle.end(number, Outcome::Acked, Some((Source::Node(NodeId::from_bytes([1; 16])), Seq::ZERO)), at(1));
    assert_eq!(judge(&mut oracle, &Rows::default(), 5), Ok(()));
    let mut own = Reader::new("disk", 2, true);
    assert_eq!(oracle.judge(&mut own, &Rows::default(), (at(5), at(6))).unwrap_err().0, Invariant::StrongRead);
    oracle.folded(&[mark(1)], at(7));
    assert_eq!(judge(&mut oracle, &Rows::default(), 9), Err(Invariant::StrongRead));
}

#[test]
fn power_loss_forgives_frames_beyond_the_log_unless_they_are_folded() {
    for (next, is_folded, expected) in
        [(0, false, Ok(())), (1, false, Err(Invariant::StrongRead)), (0, true, Err(Invariant::StrongRead))]
    {
        let mut oracle = honest();
        let number = begin(&mut oracle, "disk", Lane::Disk, 0);
        oracle.end(number, Outcome::Acked, Some((Source::Node(NodeId::from_bytes([1; 16])), Seq::ZERO)), at(1));
        if is_folded {
            oracle.folded(&[mark(1)], at(2));
        }
        let lost = oracle.lose_disk("disk", Seq::new(next));
        assert_eq!(lost, usize::from(expected.is_ok()));
        let mut own = Reader::new("disk", 2, true);
        let judged = oracle.judge(&mut own, &Rows::default(), (at(5), at(6))).map_err(|(invariant, _)| invariant);
        assert_eq!(judged, expected, "{next} {is_folded}");
    }
}
