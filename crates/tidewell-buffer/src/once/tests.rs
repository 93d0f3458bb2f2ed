//! Which rows are left out: those of a token that another place holds, and no others, wherever they lie in an entry.
#![allow(clippy::unwrap_used)]

use arrow_array::cast::AsArray as _;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, RecordBatch};
use proptest::prelude::*;
use tidewell_types::{Generation, GenerationState, Seq, Source, Stamp, StreamId, TableName, WriterId};

use super::*;
use crate::Buffer;

const TABLES: [&str; 2] = ["a", "b"];

#[derive(Clone, Debug, Default)]
struct View {
    tokens: BTreeSet<TokenId>,
}

impl Watermarks for View {
    fn applied(&self, _: &Source) -> Seq {
        Seq::ZERO
    }

    fn generation(&self, _: Generation) -> GenerationState {
        GenerationState::Open
    }

    fn has_token(&self, token: &TokenId) -> bool {
        self.tokens.contains(token)
    }
}

/// What one request puts into an entry: how many rows of each table, under which token.
type Request = (Option<u8>, [u8; 2]);

fn token(number: u8) -> TokenId {
    TokenId::from_bytes([number; 16])
}

fn source(writer: u8) -> Source {
    Source::Objects(StreamId { generation: Generation::ZERO, writer: WriterId::from_bytes([writer; 16]) })
}

fn table(name: &str, values: Vec<i64>) -> TableRows {
    let values: ArrayRef = Arc::new(Int64Array::from(values));
    TableRows { table: TableName::new(name).unwrap(), rows: RecordBatch::try_from_iter([("v", values)]).unwrap() }
}

/// An entry of these requests; each row's value is its own: `first`, `first + 1`, … request by request, `a` before `b`.
fn entry(writer: u8, seq: u64, stamp: u64, first: i64, requests: &[Request]) -> Entry {
    let mut values = [Vec::new(), Vec::new()];
    let mut tokens: Vec<EntryToken> = Vec::new();
    let mut next = first;
    for (number, counts) in requests {
        let mut spans = Vec::new();
        for (table, count) in counts.iter().enumerate() {
            let span = RowSpan { table: table as u32, start: values[table].len() as u32, count: u32::from(*count) };
            spans.push(span);
            values[table].extend(next..next + i64::from(*count));
            next += i64::from(*count);
        }
        if let Some(number) = number {
            tokens.push(EntryToken { id: token(*number), spans });
        }
    }
    let [a, b] = values;
    let batch = Batch { tables: vec![table("a", a), table("b", b)] };
    Entry { source: source(writer), seq: Seq::new(seq), stamp: Stamp::from_ns(stamp), batch, tokens }
}

fn values(rows: &RecordBatch) -> Vec<i64> {
    rows["v"].as_primitive::<Int64Type>().values().to_vec()
}

/// The values of each table, in order, pieces put together.
fn rows_of(entry: &Entry) -> [Vec<i64>; 2] {
    TABLES.map(|name| {
        let tables = entry.batch.tables.iter().filter(|table| table.table.as_str() == name);
        tables.flat_map(|table| values(&table.rows)).collect()
    })
}

/// The values that a token's spans point at.
fn spanned(entry: &Entry, token: &EntryToken) -> Vec<i64> {
    let rows = token.spans.iter().map(|span| {
        let table = &entry.batch.tables[span.table as usize];
        values(&table.rows.slice(span.start as usize, span.count as usize))
    });
    rows.flatten().collect()
}

fn once(entries: Vec<Entry>, view: &View) -> Vec<Arc<Entry>> {
    let mut entries: Vec<_> = entries.into_iter().map(Arc::new).collect();
    count_once(&mut entries, view);
    entries
}

#[test]
fn rows_of_a_token_in_segments_are_left_out_and_the_others_stay() {
    let requests = [(None, [1, 1]), (Some(1), [2, 2]), (Some(2), [1, 0]), (None, [1, 1])];
    let view = View { tokens: [token(1)].into() };
    let left = once(vec![entry(1, 0, 0, 0, &requests)], &view);
    assert_eq!(rows_of(&left[0]), [vec![0, 6, 7], vec![1, 8]]);
    assert_eq!(left[0].tokens.len(), 1);
    assert_eq!((left[0].tokens[0].id, spanned(&left[0], &left[0].tokens[0])), (token(2), vec![6]));
}

#[test]
fn entry_of_a_repeated_request_alone_stays_without_rows() {
    let left =
        once(vec![entry(1, 0, 1, 0, &[(Some(1), [2, 1])]), entry(2, 0, 2, 10, &[(Some(1), [2, 1])])], &View::default());
    assert_eq!(rows_of(&left[0]), [vec![0, 1], vec![2]]);
    assert_eq!((left[1].row_count(), left[1].tokens.len(), left[1].seq), (0, 0, Seq::ZERO));
    assert!(left[1].batch.tables.is_empty());
}

#[test]
fn entry_without_repeated_rows_is_handed_out_as_it_is() {
    let entries: Vec<_> =
        [entry(1, 0, 1, 0, &[(Some(1), [2, 1])]), entry(1, 1, 2, 10, &[(None, [1, 1])])].map(Arc::new).into();
    let mut left = entries.clone();
    count_once(&mut left, &View::default());
    assert!(left.iter().zip(&entries).all(|(left, entry)| Arc::ptr_eq(left, entry)));
}

#[test]
fn spans_that_overlap_or_reach_too_far_drop_what_there_is() {
    let mut odd = entry(1, 0, 1, 0, &[(None, [4, 0])]);
    let span = |start, count| RowSpan { table: 0, start, count };
    odd.tokens = vec![
        EntryToken { id: token(1), spans: vec![span(1, 2), span(2, u32::MAX), span(9, 1)] },
        EntryToken { id: token(2), spans: vec![span(0, 3), span(3, 0)] },
    ];
    let left = once(vec![odd], &View { tokens: [token(1)].into() });
    assert_eq!(rows_of(&left[0])[0], [0]);
    assert_eq!(spanned(&left[0], &left[0].tokens[0]), [0]);
}

fn requests() -> impl Strategy<Value = Vec<Request>> {
    let request = (proptest::option::of(0..5u8), [0..4u8, 0..4u8]);
    // One entry holds a token once: its writer has joined the copies of a request.
    proptest::collection::vec(request, 0..5).prop_map(|mut requests| {
        let mut seen = BTreeSet::new();
        requests.retain(|(token, _)| token.is_none_or(|token| seen.insert(token)));
        requests
    })
}

proptest! {
    /// Against a model that walks over the requests: whoever comes first in the order of writes counts.
    #[test]
    fn each_token_counts_once_and_nothing_else_is_lost(
        writers in proptest::collection::vec(proptest::collection::vec((requests(), 0..20u64), 0..4), 1..4),
        folded in proptest::collection::btree_set(0..5u8, 0..3),
    ) {
        let view = View { tokens: folded.iter().copied().map(token).collect() };
        let buffer = Buffer::new();
        let mut logged = Vec::new();
        for (writer, entries) in writers.iter().enumerate() {
            for (seq, (requests, stamp)) in entries.iter().enumerate() {
                let first = (logged.len() * 1000) as i64;
                logged.push((*stamp, writer, seq, first, requests));
                buffer.apply(Arc::new(entry(writer as u8, seq as u64, *stamp, first, requests)));
            }
        }
        logged.sort_by_key(|(stamp, writer, seq, _, _)| (*stamp, *writer, *seq));
        let left = buffer.unfolded(&view);
        prop_assert_eq!(left.len(), logged.len());
        let mut held: BTreeSet<u8> = folded;
        for (left, (_, writer, seq, first, requests)) in left.iter().zip(logged) {
            prop_assert_eq!((left.source, left.seq.get()), (source(writer as u8), seq as u64));
            let mut expected = [Vec::new(), Vec::new()];
            let mut tokens = Vec::new();
            let mut next = first;
            for (number, counts) in requests {
                let counted = number.is_none_or(|number| held.insert(number));
                let mut spanned = Vec::new();
                for (table, count) in counts.iter().enumerate() {
                    let rows = next..next + i64::from(*count);
                    next = rows.end;
                    if counted {
                        expected[table].extend(rows.clone());
                        spanned.extend(rows);
                    }
                }
                if let (true, Some(number)) = (counted, number) {
                    tokens.push((token(*number), spanned));
                }
            }
            prop_assert_eq!(rows_of(left), expected);
            let read: Vec<_> = left.tokens.iter().map(|token| (token.id, spanned(left, token))).collect();
            prop_assert_eq!(read, tokens);
        }
    }
}
