//! States, intents and handles to test with.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::time::Duration;

use tidewell_env::{Clock, Env};
use tidewell_storage::{DatabaseLayout, Store, StoreOptions, StoreUrl, Tier};
use tidewell_types::{
    DatabaseName, FieldType, Generation, GenerationState, NodeId, SegmentId, Seq, Source, Stamp, StreamId, TableName,
    TableSchema, TimeBounds, TimestampNs, Version, WriteId, WriterId,
};

use crate::{Attach, Author, Fold, Intent, Manifest, SegmentEntry, State, TagBounds};

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
    Manifest::open(store.clone(), env(seed), DatabaseName::new("harbour").unwrap()).await.unwrap()
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
        added: Version::ZERO,
    }
}

/// An intent that adds one segment.
pub(crate) fn add(number: u64) -> Intent {
    Intent { adds: vec![segment(number)], ..Intent::new(author()) }
}

pub(crate) fn fold(source: Source, epoch: u64, from: u64, to: u64) -> Fold {
    Fold { source, epoch, from: Seq::new(from), to: Seq::new(to) }
}

/// An intent with something of everything, which applies to the empty state.
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
        generations: vec![
            (Generation::new(3), GenerationState::Sealing),
            (Generation::new(2), GenerationState::Sealed),
        ],
        stamp_max: Stamp::from_ns(1_700_000_000_123_456_789),
    }
}

/// The state after [`rich`].
pub(crate) fn rich_state() -> State {
    State::default().apply(&rich(), 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10).unwrap()
}

pub(crate) async fn commit(manifest: &Manifest, intent: Intent) -> Arc<State> {
    manifest.commit(move |_| Ok(Some(intent.clone()))).await.unwrap()
}

/// The numbers of a state's segments, sorted.
pub(crate) fn numbers(state: &State) -> Vec<u64> {
    let number = |id: &SegmentId| id.as_bytes().first_chunk().map(|bytes| u64::from_le_bytes(*bytes)).unwrap();
    let segments = state.tables.values().flat_map(|table| table.segments.iter());
    let mut numbers: Vec<u64> = segments.map(|segment| number(&segment.id)).collect();
    numbers.sort_unstable();
    numbers
}
