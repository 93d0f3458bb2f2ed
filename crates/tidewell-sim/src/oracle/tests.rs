//! The oracle tells what is allowed from what is not: each rule is broken once.
#![allow(clippy::unwrap_used)]

use tidewell_types::{Generation, NodeId, StreamId, WriterId};

use super::*;
use crate::rows::Rows;
use crate::violation::Invariant;

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn key(table: &str, tag: &str) -> Arc<RowKey> {
    Arc::new(RowKey { table: table.into(), tags: vec![("c".into(), tag.to_owned())], time_ns: 7 })
}

fn who(process: &str, incarnation: u32) -> Who {
    Who { process: process.to_owned(), incarnation }
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
    oracle.begin((who(process, 1), lane, false), &[mark(number), shared(number)], at(started));
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

/// A read of one second.
fn seen(rows: &Rows, started: u64) -> Seen<'_> {
    Seen { rows, started: at(started), ended: at(started + 1), floor_ns: i64::MIN, session: None }
}

fn judge_as(oracle: &mut Oracle, reader: &mut Reader, seen: Seen<'_>) -> Result<(), Invariant> {
    oracle.judge(reader, &seen).map_err(|(invariant, _)| invariant)
}

fn judge(oracle: &mut Oracle, view: &Rows, started: u64) -> Result<(), Invariant> {
    judge_as(oracle, &mut Reader::new(who("reader", 1), false), seen(view, started))
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
    let mut reader = Reader::new(who("reader", 1), false);
    judge_as(&mut oracle, &mut reader, seen(&view(&[1], 1), 3)).unwrap();
    assert_eq!(judge_as(&mut oracle, &mut reader, seen(&Rows::default(), 5)), Err(Invariant::Monotone));
    assert_eq!(judge(&mut oracle, &Rows::default(), 3), Ok(()), "this one began before the other ended");
    assert_eq!(judge(&mut oracle, &Rows::default(), 5), Err(Invariant::Monotone));
}

#[test]
fn rows_of_a_local_log_are_due_there_at_once_and_elsewhere_once_folded() {
    let mut oracle = honest();
    let number = begin(&mut oracle, "disk", Lane::Disk, 0);
    oracle.end(number, Outcome::Acked, Some((Source::Node(NodeId::from_bytes([1; 16])), Seq::ZERO)), at(1));
    assert_eq!(judge(&mut oracle, &Rows::default(), 5), Ok(()));
    let mut own = Reader::new(who("disk", 2), true);
    assert_eq!(judge_as(&mut oracle, &mut own, seen(&Rows::default(), 5)), Err(Invariant::StrongRead));
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
        let mut own = Reader::new(who("disk", 2), true);
        assert_eq!(judge_as(&mut oracle, &mut own, seen(&Rows::default(), 5)), expected, "{next} {is_folded}");
    }
}

/// A delete of the shared row that began at a time and was committed and acknowledged a second later.
fn delete(oracle: &mut Oracle, started: u64) {
    let index = oracle.deletes.begin(Delete::new(who("a", 1), (7, 7), Vec::new(), at(started)));
    oracle.deleted(7, at(started + 1));
    oracle.deletes.end(index, at(started + 1));
}

fn marks(marks: &[u64]) -> Rows {
    let mut rows = Rows::default();
    rows.overlay(&marks.iter().map(|write| mark(*write)).collect::<Vec<_>>());
    rows
}

#[test]
fn deleted_row_must_go_and_one_written_afterwards_must_stay() {
    let mut oracle = honest();
    acked(&mut oracle, "a", Lane::Objects, 0);
    delete(&mut oracle, 3);
    assert_eq!(judge(&mut oracle, &view(&[1], 1), 2), Ok(()), "the read began before the delete ended");
    assert_eq!(judge(&mut oracle, &view(&[1], 1), 6), Err(Invariant::Deletion));
    assert_eq!(judge(&mut oracle, &marks(&[1]), 6), Ok(()));
    acked(&mut oracle, "a", Lane::Objects, 7);
    assert_eq!(judge(&mut oracle, &marks(&[1, 2]), 10), Err(Invariant::StrongRead));
    assert_eq!(judge(&mut oracle, &view(&[1, 2], 2), 10), Ok(()));
}

#[test]
fn row_that_was_written_while_it_was_deleted_may_be_there_or_not_but_never_comes_back() {
    let mut oracle = honest();
    acked(&mut oracle, "a", Lane::Objects, 2);
    delete(&mut oracle, 3);
    let mut reader = Reader::new(who("reader", 1), false);
    judge_as(&mut oracle, &mut reader, seen(&view(&[1], 1), 6)).unwrap();
    judge_as(&mut oracle, &mut reader, seen(&marks(&[1]), 8)).unwrap();
    assert_eq!(judge_as(&mut oracle, &mut reader, seen(&view(&[1], 1), 10)), Err(Invariant::Monotone));
}

#[test]
fn delete_that_was_never_committed_hides_nothing() {
    let mut oracle = honest();
    acked(&mut oracle, "a", Lane::Objects, 0);
    oracle.deletes.begin(Delete::new(who("a", 1), (7, 7), Vec::new(), at(3)));
    assert_eq!(judge(&mut oracle, &marks(&[1]), 6), Err(Invariant::StrongRead));
}

#[test]
fn row_of_the_table_that_expires_need_not_be_there_below_the_floor() {
    let mut oracle = honest();
    let event = Row { key: key(EVENTS, "x"), fields: vec![("v".into(), Value::Integer(value_of(1, 1)))] };
    oracle.begin((who("a", 1), Lane::Objects, false), &[mark(1), event], at(0));
    oracle.end(1, Outcome::Acked, objects(), at(1));
    let rows = marks(&[1]);
    for (floor_ns, expected) in [(7, Err(Invariant::StrongRead)), (8, Ok(()))] {
        let mut reader = Reader::new(who("reader", 1), false);
        let judged = judge_as(&mut oracle, &mut reader, Seen { floor_ns, ..seen(&rows, 5) });
        assert_eq!(judged, expected, "{floor_ns}");
    }
}

#[test]
fn session_read_must_see_the_write_that_it_names_and_nothing_else() {
    let mut oracle = honest();
    acked(&mut oracle, "a", Lane::Objects, 0);
    acked(&mut oracle, "b", Lane::Objects, 3);
    let (first, nothing) = (view(&[1], 1), Rows::default());
    for (session, rows, expected) in
        [(1, &first, Ok(())), (1, &nothing, Err(Invariant::Session)), (2, &first, Err(Invariant::Order))]
    {
        let mut reader = Reader::new(who("reader", 1), false);
        let judged = judge_as(&mut oracle, &mut reader, Seen { session: Some(session), ..seen(rows, 9) });
        assert_eq!(judged, expected, "{session}");
    }
}

#[test]
fn write_that_was_refused_and_sent_again_is_open_until_it_is_acknowledged() {
    let mut oracle = honest();
    oracle.begin((who("a", 1), Lane::Objects, true), &[mark(1), shared(1)], at(0));
    oracle.end(1, Outcome::Refused, None, at(1));
    assert_eq!(oracle.again(1), Some(Outcome::Refused));
    assert_eq!(judge(&mut oracle, &view(&[1], 1), 5), Ok(()));
    oracle.taken_by(1, who("b", 1), Lane::Objects);
    oracle.end(1, Outcome::Acked, objects(), at(7));
    assert_eq!(oracle.write(1).map(|write| write.who.clone()), Some(who("b", 1)));
    assert_eq!(judge(&mut oracle, &Rows::default(), 9), Err(Invariant::StrongRead));
}

#[test]
fn row_that_two_folds_bring_is_told() {
    let mut oracle = honest();
    acked(&mut oracle, "a", Lane::Objects, 0);
    assert_eq!(oracle.folded(&[mark(1), shared(1)], at(4)).1, [0; 0]);
    assert_eq!(oracle.folded(&[mark(1), shared(1)], at(5)).1, [1]);
}
