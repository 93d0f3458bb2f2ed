//! States, intents and handles to test with.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

pub(crate) mod frozen;
pub(crate) mod registered;
pub(crate) mod rolled;

use std::sync::Arc;
use std::time::Duration;

use tidewell_env::{Clock, Env};
use tidewell_storage::{DatabaseLayout, Store, StoreOptions, StoreUrl, Tier};
use tidewell_types::{
    DatabaseName, FieldType, Generation, GenerationState, NodeId, SegmentId, Seq, Source, Stamp, StreamId, TableName,
    TableSchema, TimeBounds, TimestampNs, Version, WriteId, WriterId,
};

use crate::apply::Stamped;
use crate::spill::Limits;
use crate::{Attach, Author, Fold, GenerationChange, Home, Intent, Manifest, Removal, SegmentEntry, State, TagBounds};

pub(crate) const WRITE_ID: WriteId = WriteId::from_bytes([0x77; 16]);
pub(crate) const NODE: NodeId = NodeId::from_bytes([0x22; 16]);

/// The runtime's clock, which tests pause.
struct RuntimeClock(tokio::time::Instant);

impl Clock for RuntimeClock {
    fn now(&self) -> TimestampNs {
        TimestampNs::from_ns(self.0.elapsed().as_nanos() as i64)
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

pub(crate) fn env(seed: u64) -> Env {
    Env::seeded(seed, Arc::new(RuntimeClock(tokio::time::Instant::now())))
}

pub(crate) fn memory() -> Store {
    Store::open(&StoreUrl::Memory, env(1), &StoreOptions::default()).unwrap()
}

pub(crate) async fn open(store: &Store, seed: u64) -> Manifest {
    let limits = Limits { commits: 100, ..Limits::default() };
    Manifest::open_within(limits, store.clone(), env(seed), DatabaseName::new("harbour").unwrap()).await.unwrap()
}

/// Short lists, and few segments outside of them.
pub(crate) const SMALL: Limits = Limits { leaf: 8, table: 4, total: 12, few: 2, commits: 100 };

/// A handle with which few segments are many.
pub(crate) async fn open_small(store: &Store, seed: u64) -> Manifest {
    let harbour = DatabaseName::new("harbour").unwrap();
    Manifest::open_within(SMALL, store.clone(), env(seed), harbour).await.unwrap()
}

pub(crate) fn author() -> Author {
    Author { generation: Generation::ZERO, writer: WriterId::from_bytes([0x11; 16]) }
}

pub(crate) fn stream(writer: u8) -> StreamId {
    StreamId { generation: Generation::ZERO, writer: WriterId::from_bytes([writer; 16]) }
}

pub(crate) fn table(name: &str) -> TableName {
    TableName::new(name).unwrap()
}

pub(crate) fn schema(tags: &[&str], fields: &[(&str, FieldType)]) -> TableSchema {
    let mut schema = TableSchema::new();
    for tag in tags {
        schema.add_tag(tag).unwrap();
    }
    for (field, field_type) in fields {
        schema.add_field(field, *field_type).unwrap();
    }
    schema
}

fn object_name(id: SegmentId) -> String {
    let harbour = DatabaseLayout::new(&DatabaseName::new("harbour").unwrap());
    harbour.segment(Tier::Hot, Generation::ZERO, &table("level"), 19_675, id).to_string()
}

pub(crate) fn segment(number: u64) -> SegmentEntry {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_le_bytes());
    SegmentEntry {
        id: SegmentId::from_bytes(id),
        object: object_name(SegmentId::from_bytes(id)),
        table: table("level"),
        file_bytes: 1000 + number,
        footer_bytes: 300,
        row_count: 10,
        value_count: 17,
        time: TimeBounds { min: TimestampNs::from_ns(-5), max: TimestampNs::from_ns(1_700_000_000_000_000_000) },
        tags: vec![
            TagBounds { tag: "site".into(), min: Some("Brest".into()), max: None, null_count: 3 },
            TagBounds { tag: "gauge".into(), min: None, max: None, null_count: 10 },
        ],
        digest: u128::MAX - u128::from(number),
        tier: Tier::Hot,
        added: Version::ZERO,
        rank: Version::ZERO,
        deletes_to: Version::ZERO,
        foreign: None,
    }
}

/// A segment that holds rows of one second, `number` seconds after the epoch.
pub(crate) fn second(number: u64) -> SegmentEntry {
    let at = TimestampNs::from_ns(number as i64 * 1_000_000_000);
    SegmentEntry {
        time: TimeBounds { min: at, max: TimestampNs::from_ns(at.as_ns() + 999_999_999) },
        ..segment(number)
    }
}

/// The removal of a segment that a state has outside of lists, or of one that it does not have at all.
pub(crate) fn removal(state: &State, number: u64) -> Removal {
    let id = segment(number).id;
    let fresh = state.tables.values().flat_map(|table| table.segments.fresh());
    match fresh.into_iter().find(|entry| entry.id == id) {
        Some(entry) => Removal::of(entry, Home::Fresh),
        None => Removal::of(&segment(number), Home::Fresh),
    }
}

/// The removal of a live segment, wherever it is.
pub(crate) async fn find(manifest: &Manifest, state: &State, number: u64) -> Removal {
    let (name, id) = (table("level"), segment(number).id);
    let live = manifest.select(&state.tables[&name].segments, &TimeBounds::ALL).await.unwrap();
    live.iter().find(|segment| segment.entry.id == id).unwrap().removal()
}

/// An intent that adds one segment.
pub(crate) fn add(number: u64) -> Intent {
    Intent { adds: vec![segment(number)], ..Intent::new(author()) }
}

pub(crate) fn fold(source: Source, epoch: u64, from: u64, to: u64) -> Fold {
    Fold { source, epoch, from: Seq::new(from), to: Seq::new(to) }
}

/// An intent with everything that format 1 knew, which applies to the empty state.
pub(crate) fn rich() -> Intent {
    let level = schema(&["site", "gauge"], &[("level", FieldType::Float), ("trend", FieldType::Integer)]);
    let wind = schema(&[], &[("gust", FieldType::Unsigned), ("ok", FieldType::Boolean), ("note", FieldType::String)]);
    Intent {
        author: author(),
        adds: vec![segment(1), segment(2)],
        removes: Vec::new(),
        folds: vec![fold(Source::Objects(stream(7)), 0, 0, 12), fold(Source::Node(NODE), 1, 0, 5)],
        attaches: vec![Attach { node: NODE, epoch: 1 }],
        tables: vec![(table("level"), level), (table("wind, gusts"), wind)],
        generations: vec![change(3, GenerationState::Sealing, None), change(2, GenerationState::Sealed, None)],
        stamp_max: Stamp::from_ns(1_700_000_000_123_456_789),
        ..Intent::new(author())
    }
}

pub(crate) fn change(generation: u32, state: GenerationState, watermarks: Option<WriteId>) -> GenerationChange {
    GenerationChange { generation: Generation::new(generation), state, watermarks }
}

pub(crate) fn stamped(digest: u128) -> Stamped {
    Stamped { digest, at: TimestampNs::from_ns(0) }
}

/// The state after [`rich`].
pub(crate) fn rich_state() -> State {
    State::default().apply(&rich(), stamped(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10)).unwrap()
}

pub(crate) async fn commit(manifest: &Manifest, intent: Intent) -> Arc<State> {
    manifest.commit(move |_| Ok(Some(intent.clone()))).await.unwrap()
}

pub(crate) fn number(id: &SegmentId) -> u64 {
    id.as_bytes().first_chunk().map(|bytes| u64::from_le_bytes(*bytes)).unwrap()
}

/// The numbers of a state's segments, sorted; none of them may be in a list.
pub(crate) fn numbers(state: &State) -> Vec<u64> {
    assert!(!state.has_lists());
    let segments = state.tables.values().flat_map(|table| table.segments.fresh());
    let mut numbers: Vec<u64> = segments.map(|segment| number(&segment.id)).collect();
    numbers.sort_unstable();
    numbers
}

/// The numbers of a state's segments, sorted, wherever they are.
pub(crate) async fn live(manifest: &Manifest, state: &State) -> Vec<u64> {
    let mut numbers = Vec::new();
    manifest.visit_segments(state, |_, entry| numbers.push(number(&entry.id))).await.unwrap();
    numbers.sort_unstable();
    numbers
}

/// Waits until what runs in the background is done.
pub(crate) async fn settle() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}
