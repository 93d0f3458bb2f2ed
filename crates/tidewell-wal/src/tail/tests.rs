//! The tail that a reader sees: everything acknowledged before it looked, whatever is folded or sealed meanwhile.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use tidewell_buffer::Entry;
use tidewell_storage::{Fault, Operation, Store, StoreOptions, StoreUrl};
use tidewell_types::{Batch, DatabaseName, Generation, NodeId, Stamp, TokenId, WriteId, WriterId};

use super::*;

const WRITE_ID: WriteId = WriteId::from_bytes([5; 16]);

#[derive(Clone, Debug, Default)]
struct View {
    applied: BTreeMap<Source, u64>,
    generation: Option<GenerationState>,
}

impl Watermarks for View {
    fn applied(&self, source: &Source) -> Seq {
        Seq::new(self.applied.get(source).copied().unwrap_or(0))
    }

    fn generation(&self, _: Generation) -> GenerationState {
        self.generation.unwrap_or(GenerationState::Open)
    }

    fn has_token(&self, _: &TokenId) -> bool {
        false
    }
}

struct Bench {
    store: Store,
    layout: DatabaseLayout,
    buffer: Buffer,
    env: Env,
    bytes_max: u64,
}

fn stream(writer: u8) -> StreamId {
    StreamId { generation: Generation::ZERO, writer: WriterId::from_bytes([writer; 16]) }
}

fn encoded(stream: StreamId, seq: u64) -> bytes::Bytes {
    let (source, stamp) = (Source::Objects(stream), Stamp::from_ns(100 + seq));
    let entry = Entry { source, seq: Seq::new(seq), stamp, batch: Batch::default(), tokens: Vec::new() };
    crate::entry::encode(&entry, WRITE_ID).unwrap()
}

impl Bench {
    fn new() -> Self {
        let env = Env::system();
        let store = Store::open(&StoreUrl::Memory, env.clone(), &StoreOptions::default()).unwrap();
        let layout = DatabaseLayout::new(&DatabaseName::new("d").unwrap());
        Self { store, layout, buffer: Buffer::new(), env, bytes_max: 1 << 20 }
    }

    async fn append(&self, stream: StreamId, seq: u64) {
        let body = encoded(stream, seq);
        crate::object::append(&self.store, &self.layout, stream, Seq::new(seq), body, WRITE_ID).await.unwrap();
    }

    async fn delete(&self, stream: StreamId, seq: u64) {
        self.store.delete(&[self.layout.wal(stream, Seq::new(seq))]).await.unwrap();
    }

    async fn refresh_with<F, C>(&self, catch_up: F) -> Result<Arc<View>, WalError>
    where
        F: FnMut() -> C,
        C: Future<Output = Result<Arc<View>, WalError>>,
    {
        let log = LogStores::single(self.store.clone());
        refresh(&self.tail(&log), catch_up).await.map(|(view, _)| view)
    }

    fn tail<'a>(&'a self, log: &'a LogStores) -> Tail<'a> {
        let Self { layout, buffer, env, bytes_max, .. } = self;
        Tail { log, layout, buffer, env, bytes_max: *bytes_max }
    }

    async fn session(&self, view: &View, source: Source, seq: u64) -> Result<bool, WalError> {
        let log = LogStores::single(self.store.clone());
        refresh_session(&self.tail(&log), view, source, Seq::new(seq)).await
    }

    async fn refresh(&self, view: &View) -> Result<Arc<View>, WalError> {
        self.refresh_with(|| async { Ok(Arc::new(view.clone())) }).await
    }

    fn unfolded(&self, view: &View) -> Vec<(u8, u64)> {
        let place = |entry: &Arc<Entry>| match entry.source {
            Source::Objects(stream) => (stream.writer.as_bytes()[0], entry.seq.get()),
            other => panic!("{other:?}"),
        };
        self.buffer.unfolded(view).iter().map(place).collect()
    }
}

#[tokio::test]
async fn entries_of_all_writers_appear_and_are_fetched_once() {
    let bench = Bench::new();
    bench.append(stream(1), 0).await;
    bench.append(stream(2), 0).await;
    bench.append(stream(1), 1).await;
    let view = View::default();
    let before = bench.store.meter().snapshot();
    bench.refresh(&view).await.unwrap();
    let used = bench.store.meter().snapshot() - before;
    assert_eq!((used.lists, used.gets, used.requests()), (1, 3, 4));
    assert_eq!(bench.unfolded(&view), [(1, 0), (2, 0), (1, 1)]);

    let before = bench.store.meter().snapshot();
    bench.refresh(&view).await.unwrap();
    let used = bench.store.meter().snapshot() - before;
    assert_eq!((used.lists, used.gets, used.requests()), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn reading_ahead_lists_beside_another_request_and_fetches_while_the_view_is_confirmed() {
    const TRIP: Duration = Duration::from_millis(10);
    let bench = Bench::new();
    bench.append(stream(1), 0).await;
    let slow = bench.store.with_faults(|_| Fault::Delay(TRIP));
    let (log, began) = (LogStores::single(slow), tokio::time::Instant::now());
    let read = || async {
        tokio::time::sleep(TRIP).await;
        let confirm = async {
            tokio::time::sleep(TRIP).await;
            Ok::<_, WalError>(true)
        };
        Ok((Arc::new(View::default()), confirm))
    };
    let beside = async {
        tokio::time::sleep(TRIP).await;
        Ok(())
    };
    refresh_ahead(&bench.tail(&log), beside, read).await.unwrap();
    assert_eq!(began.elapsed(), TRIP * 3);
    assert_eq!(bench.unfolded(&View::default()), [(1, 0)]);
}

#[tokio::test(start_paused = true)]
async fn view_that_is_not_confirmed_is_dropped_with_what_it_said() {
    let bench = Bench::new();
    bench.append(stream(1), 0).await;
    // The first view, which is not true, has it that the entry is folded.
    let (log, reads) = (LogStores::single(bench.store.clone()), AtomicU32::new(0));
    let read = || async {
        let is_first = reads.fetch_add(1, Ordering::Relaxed) == 0;
        let applied = BTreeMap::from([(Source::Objects(stream(1)), u64::from(is_first))]);
        Ok::<_, WalError>((Arc::new(View { applied, ..View::default() }), ready(Ok(!is_first))))
    };
    let (view, _) = refresh_ahead(&bench.tail(&log), ready(Ok(())), read).await.unwrap();
    assert_eq!((reads.load(Ordering::Relaxed), bench.unfolded(&view)), (2, vec![(1, 0)]));
}

#[tokio::test(start_paused = true)]
async fn entry_of_a_view_that_is_not_confirmed_stays_out_of_the_buffer() {
    let bench = Bench::new();
    bench.append(stream(1), 0).await;
    // In truth its generation is sealed and the entry void: whoever saw it here would acknowledge a retry of it.
    let (log, reads) = (LogStores::single(bench.store.clone()), AtomicU32::new(0));
    let read = || async {
        let is_first = reads.fetch_add(1, Ordering::Relaxed) == 0;
        let generation = (!is_first).then_some(GenerationState::Sealed);
        Ok::<_, WalError>((Arc::new(View { generation, ..View::default() }), ready(Ok(!is_first))))
    };
    refresh_ahead(&bench.tail(&log), ready(Ok(())), read).await.unwrap();
    assert_eq!(reads.load(Ordering::Relaxed), 2);
    assert_eq!(bench.buffer.totals().entries, 0);
}

#[tokio::test]
async fn log_is_listed_before_the_view_is_read() {
    let bench = Bench::new();
    bench.append(stream(1), 0).await;
    // Folded and collected after the listing, before the view: the view says so, and the entry is not looked for.
    let folded = View { applied: BTreeMap::from([(Source::Objects(stream(1)), 1)]), ..View::default() };
    let calls = AtomicU32::new(0);
    let view = bench
        .refresh_with(|| async {
            calls.fetch_add(1, Ordering::Relaxed);
            bench.delete(stream(1), 0).await;
            bench.append(stream(1), 1).await;
            Ok(Arc::new(folded.clone()))
        })
        .await
        .unwrap();
    assert_eq!(calls.into_inner(), 1);
    // What came after the listing is not here yet.
    assert!(bench.unfolded(&view).is_empty());
}

/// slatedb #1025, #1368, #1392, #1718, #1215, #2047: a reader got 404 for what it had listed and gc had deleted since.
#[tokio::test]
async fn listed_entry_that_is_gone_starts_over_with_a_newer_view() {
    let bench = Bench::new();
    bench.append(stream(1), 0).await;
    bench.append(stream(2), 0).await;
    let calls = AtomicU32::new(0);
    let view = bench
        .refresh_with(|| async {
            let applied = match calls.fetch_add(1, Ordering::Relaxed) {
                0 => BTreeMap::new(),
                _ => BTreeMap::from([(Source::Objects(stream(1)), 1)]),
            };
            bench.delete(stream(1), 0).await;
            Ok(Arc::new(View { applied, ..View::default() }))
        })
        .await
        .unwrap();
    assert_eq!(calls.into_inner(), 2);
    assert_eq!(bench.unfolded(&view), [(2, 0)]);
}

#[tokio::test]
async fn entries_behind_a_gap_are_hidden_until_it_is_filled() {
    let bench = Bench::new();
    let view = View::default();
    bench.append(stream(1), 0).await;
    bench.append(stream(1), 2).await;
    bench.refresh(&view).await.unwrap();
    assert_eq!(bench.unfolded(&view), [(1, 0)]);
    bench.append(stream(1), 1).await;
    bench.refresh(&view).await.unwrap();
    assert_eq!(bench.unfolded(&view), [(1, 0), (1, 1), (1, 2)]);
}

#[tokio::test]
async fn entries_of_a_sealed_generation_are_not_fetched() {
    let bench = Bench::new();
    bench.append(stream(1), 0).await;
    let view = View { generation: Some(GenerationState::Sealed), ..View::default() };
    bench.refresh(&view).await.unwrap();
    assert_eq!(bench.store.meter().snapshot().gets, 0);
    assert!(bench.unfolded(&view).is_empty());
}

#[tokio::test]
async fn reader_waits_while_a_generation_is_being_sealed() {
    let bench = Bench::new();
    bench.append(stream(1), 0).await;
    let calls = AtomicU32::new(0);
    let view = bench
        .refresh_with(|| async {
            let state = match calls.fetch_add(1, Ordering::Relaxed) {
                0 | 1 => GenerationState::Sealing,
                _ => GenerationState::Sealed,
            };
            Ok(Arc::new(View { generation: Some(state), ..View::default() }))
        })
        .await
        .unwrap();
    assert_eq!((calls.into_inner(), view.generation), (3, Some(GenerationState::Sealed)));
}

/// slatedb #684, #2003, #2042; influxdb #26716: a replay of many small log objects took minutes, or all memory.
#[tokio::test]
async fn tail_above_the_limit_is_refused_before_it_is_fetched() {
    let mut bench = Bench::new();
    bench.append(stream(1), 0).await;
    bench.append(stream(1), 1).await;
    let bytes = 2 * encoded(stream(1), 0).len() as u64;
    bench.bytes_max = bytes - 1;
    let error = bench.refresh(&View::default()).await.unwrap_err();
    assert!(matches!(error, WalError::TailTooLarge { bytes: b, bytes_max } if b == bytes && bytes_max == bytes - 1));
    assert_eq!(bench.store.meter().snapshot().gets, 0);
    bench.bytes_max = bytes;
    bench.refresh(&View::default()).await.unwrap();
}

/// influxdb #26970, #26556: log files of no length were skipped with a warning; a damaged catalog.
#[tokio::test]
async fn entry_of_no_length_is_an_error_and_never_skipped() {
    let bench = Bench::new();
    bench.append(stream(1), 0).await;
    bench.append(stream(1), 2).await;
    let name = bench.layout.wal(stream(1), Seq::new(1));
    bench.store.put(&name, Bytes::new()).await.unwrap();
    let error = bench.refresh(&View::default()).await.unwrap_err();
    assert!(matches!(&error, WalError::Damaged { what, .. } if *what == name.to_string()), "{error}");
}

#[tokio::test]
async fn object_with_damage_or_anothers_entry_is_an_error_that_names_it() {
    for body in [encoded(stream(1), 1), encoded(stream(2), 0), encoded(stream(1), 0).slice(..40)] {
        let bench = Bench::new();
        let name = bench.layout.wal(stream(1), Seq::ZERO);
        bench.store.put(&name, body).await.unwrap();
        let error = bench.refresh(&View::default()).await.unwrap_err();
        assert!(matches!(&error, WalError::Damaged { what, .. } if *what == name.to_string()), "{error}");
    }
}

#[tokio::test]
async fn store_that_refuses_a_read_is_an_error_and_nothing_is_shown() {
    let mut bench = Bench::new();
    bench.append(stream(1), 0).await;
    bench.store = bench.store.with_faults(|attempted| match attempted.operation {
        Operation::Get => Fault::Denied,
        _ => Fault::Pass,
    });
    assert!(matches!(bench.refresh(&View::default()).await, Err(WalError::Storage(_))));
    assert!(bench.unfolded(&View::default()).is_empty());
}

#[tokio::test]
async fn keys_that_are_no_entries_are_left_out() {
    let bench = Bench::new();
    let foreign = format!("{}/00000000/notes.txt", bench.layout.wal_prefix());
    bench.store.put(&tidewell_storage::ObjectName::foreign(&foreign).unwrap(), "x".into()).await.unwrap();
    bench.refresh(&View::default()).await.unwrap();
    assert!(bench.unfolded(&View::default()).is_empty());
}

/// slatedb #1682: a new writer's fence landed where nobody looked any more, and the old one wrote on under the same
/// identity.
#[tokio::test]
async fn append_over_anothers_entry_says_that_the_identity_is_taken() {
    let bench = Bench::new();
    bench.append(stream(1), 0).await;
    // The same bytes again are the same write.
    bench.append(stream(1), 0).await;
    let other = crate::entry::encode(
        &Entry {
            source: Source::Objects(stream(1)),
            seq: Seq::ZERO,
            stamp: Stamp::from_ns(7),
            batch: Batch::default(),
            tokens: Vec::new(),
        },
        WriteId::from_bytes([6; 16]),
    );
    let outcome =
        crate::object::append(&bench.store, &bench.layout, stream(1), Seq::ZERO, other.unwrap(), WRITE_ID).await;
    assert!(matches!(outcome, Err(WalError::IdentityTaken { .. })));
}

/// slatedb #766, #819, #1164: a PUT that timed out was not tried again, or was refused because of itself.
#[tokio::test]
async fn append_with_the_answer_lost_is_settled_as_ours() {
    let bench = Bench::new();
    let faulty = bench.store.with_faults(|attempted| match (attempted.operation, attempted.attempt) {
        (Operation::Create, 1) => Fault::ApplyThenLose,
        _ => Fault::Pass,
    });
    let body = encoded(stream(1), 0);
    crate::object::append(&faulty, &bench.layout, stream(1), Seq::ZERO, body, WRITE_ID).await.unwrap();
    bench.refresh(&View::default()).await.unwrap();
    assert_eq!(bench.unfolded(&View::default()), [(1, 0)]);
}

#[tokio::test]
async fn session_read_fetches_the_missing_entries_of_its_stream_and_lists_nothing() {
    let bench = Bench::new();
    for (writer, seq) in [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0)] {
        bench.append(stream(writer), seq).await;
    }
    let source = Source::Objects(stream(1));
    let view = View { applied: BTreeMap::from([(source, 1)]), ..View::default() };
    let before = bench.store.meter().snapshot();
    assert!(bench.session(&view, source, 2).await.unwrap());
    let used = bench.store.meter().snapshot() - before;
    assert_eq!((used.gets, used.requests()), (2, 2));
    assert_eq!(bench.unfolded(&view), [(1, 1), (1, 2)]);

    let before = bench.store.meter().snapshot();
    for seq in 0..=2 {
        assert!(bench.session(&view, source, seq).await.unwrap());
    }
    assert_eq!((bench.store.meter().snapshot() - before).requests(), 0);
    assert!(bench.session(&view, source, 3).await.unwrap());
    assert_eq!((bench.store.meter().snapshot() - before).gets, 1);
}

#[tokio::test]
async fn session_read_with_a_view_that_is_too_old_says_so() {
    let bench = Bench::new();
    let source = Source::Objects(stream(1));
    for seq in 0..3 {
        bench.append(stream(1), seq).await;
    }
    bench.delete(stream(1), 1).await;
    assert!(!bench.session(&View::default(), source, 2).await.unwrap());
    assert_eq!(bench.unfolded(&View::default()), [(1, 0)]);
    let newer = View { applied: BTreeMap::from([(source, 2)]), ..View::default() };
    assert!(bench.session(&newer, source, 2).await.unwrap());
    assert_eq!(bench.unfolded(&newer), [(1, 2)]);
}

#[tokio::test]
async fn session_read_of_a_generation_that_is_not_open_knows_only_what_is_folded_or_here() {
    let bench = Bench::new();
    let source = Source::Objects(stream(1));
    bench.append(stream(1), 0).await;
    bench.append(stream(1), 1).await;
    let view = |state| View { generation: Some(state), applied: BTreeMap::from([(source, 1)]) };
    for state in [GenerationState::Sealing, GenerationState::Sealed] {
        assert!(bench.session(&view(state), source, 0).await.unwrap());
        assert!(!bench.session(&view(state), source, 1).await.unwrap());
    }
    assert_eq!(bench.store.meter().snapshot().gets, 0);
    assert!(bench.session(&view(GenerationState::Open), source, 1).await.unwrap());
    // What was acknowledged while the generation was open is folded before it is sealed.
    assert!(bench.session(&view(GenerationState::Sealing), source, 1).await.unwrap());
    assert!(!bench.session(&view(GenerationState::Sealed), source, 1).await.unwrap());
}

#[tokio::test]
async fn session_read_of_far_more_than_fits_fetches_nothing() {
    let mut bench = Bench::new();
    let source = Source::Objects(stream(1));
    bench.append(stream(1), 0).await;
    for seq in [SESSION_ENTRIES_MAX as u64, u64::MAX] {
        assert!(!bench.session(&View::default(), source, seq).await.unwrap());
    }
    assert_eq!(bench.store.meter().snapshot().gets, 0);
    bench.bytes_max = encoded(stream(1), 0).len() as u64 - 1;
    let refused = bench.session(&View::default(), source, 0).await;
    assert!(matches!(refused, Err(WalError::TailTooLarge { .. })), "{refused:?}");
    assert!(bench.unfolded(&View::default()).is_empty());
}

#[tokio::test]
async fn session_read_of_a_local_log_or_a_memory_is_answered_from_what_is_here() {
    let bench = Bench::new();
    let node = Source::Node(NodeId::from_bytes([3; 16]));
    let memory = Source::Memory(WriterId::from_bytes([4; 16]));
    for source in [node, memory] {
        assert!(!bench.session(&View::default(), source, 0).await.unwrap());
        let (seq, stamp) = (Seq::ZERO, Stamp::from_ns(1));
        bench.buffer.apply(Arc::new(Entry { source, seq, stamp, batch: Batch::default(), tokens: Vec::new() }));
        assert!(bench.session(&View::default(), source, 0).await.unwrap());
        assert!(!bench.session(&View::default(), source, 1).await.unwrap());
    }
    let folded = View { applied: BTreeMap::from([(node, 2)]), ..View::default() };
    assert!(bench.session(&folded, node, 1).await.unwrap());
    assert_eq!(bench.store.meter().snapshot().requests(), 0);
}

#[tokio::test]
async fn session_read_of_a_damaged_entry_is_an_error() {
    let bench = Bench::new();
    let name = bench.layout.wal(stream(1), Seq::ZERO);
    bench.store.put(&name, encoded(stream(2), 0)).await.unwrap();
    let error = bench.session(&View::default(), Source::Objects(stream(1)), 0).await.unwrap_err();
    assert!(matches!(&error, WalError::Damaged { what, .. } if *what == name.to_string()), "{error}");
}
