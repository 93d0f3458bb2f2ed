//! What the frozen objects of format 2 hold: everything that one can. Never changed; a later format gets values of its own.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewell_storage::Tier;
use tidewell_types::{
    FieldType, Generation, GenerationState, Seq, Source, Stamp, StreamId, TimeBounds, TimestampNs, TokenId, Version,
    WriteId,
};

use super::{NODE, author, change, fold, schema, segment, stream, table};
use crate::leaf::{Leaf, leaf_ref};
use crate::removal::{Home, Removal};
use crate::segments::{LeafRef, SegmentTotals, Segments};
use crate::state::{GenerationEntry, NodeState, State, TableState};
use crate::{Attach, CheckpointRef, Grave, Intent, Restore, SegmentEntry, Snapshot, TagBounds, TagMatch, Tombstone};

const fn at(ns: i64) -> TimestampNs {
    TimestampNs::from_ns(ns)
}

const fn id(byte: u8) -> WriteId {
    WriteId::from_bytes([byte; 16])
}

fn checkpoint(version: u64, byte: u8) -> CheckpointRef {
    CheckpointRef { version: Version::new(version), write_id: id(byte) }
}

/// A rewrite of hot segments into a cold one that carries deletes out.
pub(crate) fn cold() -> SegmentEntry {
    SegmentEntry {
        // Frozen as it is, so spelled and not printed.
        object: ["db", "harbour", "cold", "00000002", "level", "1969-12-31", "05.parquet"].join("/"),
        time: TimeBounds { min: at(-1_000_000_000), max: at(-1) },
        tags: vec![TagBounds { tag: "site".into(), min: Some(String::new()), max: Some("Ω".into()), null_count: 0 }],
        tier: Tier::Cold,
        rank: Version::new(17),
        deletes_to: Version::new(19),
        ..segment(5)
    }
}

/// The segments of the frozen list, by key.
pub(crate) fn leaf() -> Leaf {
    let listed = |number: u64, min: i64, max: i64| SegmentEntry {
        time: TimeBounds { min: at(min), max: at(max) },
        added: Version::new(number),
        rank: Version::new(number),
        ..segment(number)
    };
    let cold = SegmentEntry { added: Version::new(20), ..cold() };
    vec![Arc::new(cold), Arc::new(listed(3, 0, 10)), Arc::new(listed(4, 0, 99)), Arc::new(listed(6, 50, 60))]
}

pub(crate) fn leaf_of_it() -> LeafRef {
    leaf_ref(Generation::new(2), id(0x55), &leaf()).unwrap()
}

pub(crate) fn watermarks() -> Vec<(StreamId, Seq)> {
    vec![(stream(1), Seq::new(12)), (stream(9), Seq::new(u64::MAX))]
}

fn tombstone(byte: u8, version: u64) -> Tombstone {
    let tag = |tag: &str, values: &[&str]| TagMatch {
        tag: tag.into(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    Tombstone {
        id: id(byte),
        time: TimeBounds { min: TimestampNs::MIN, max: at(7) },
        tags: vec![tag("site", &["Brest", ""]), tag("gauge", &["1"])],
        version: Version::new(version),
    }
}

/// A table with a list, of which one segment is live no more, and a segment that is in none.
fn level() -> TableState {
    let removed = &leaf()[1];
    let fresh = SegmentEntry { added: Version::new(21), rank: Version::new(21), ..segment(8) };
    let live = leaf().into_iter().filter(|entry| entry.id != removed.id).chain([Arc::new(fresh.clone())]);
    let mut totals = SegmentTotals::default();
    live.for_each(|entry| totals.add(&entry));
    TableState {
        schema: Arc::new(schema(&["site", "gauge"], &[("level", FieldType::Float), ("ok", FieldType::Boolean)])),
        segments: Segments {
            leaves: Arc::new(vec![leaf_of_it()]),
            fresh: Arc::new(vec![Arc::new(fresh)]),
            gone: Arc::new(BTreeMap::from([(removed.key(), removed.share())])),
            registered: Arc::default(),
            totals,
        },
        tombstones: Arc::new(vec![tombstone(0x31, 18), tombstone(0x32, 22)]),
        time_floor: Some(at(-2_000_000_000)),
        retention_ms: Some(86_400_000),
    }
}

/// A table with columns and limits alone.
fn wind() -> TableState {
    let schema = schema(&[], &[("gust", FieldType::Unsigned), ("note", FieldType::String), ("n", FieldType::Integer)]);
    TableState { schema: Arc::new(schema), retention_ms: Some(0), ..TableState::default() }
}

/// An intent with something of everything. No state would allow it all at once.
pub(crate) fn intent() -> Intent {
    let removal = |number: u64, added: u64| {
        let entry = SegmentEntry { added: Version::new(added), ..segment(number) };
        Removal::of(&entry, Home::Committed)
    };
    Intent {
        author: crate::Author { generation: Generation::new(2), ..author() },
        adds: vec![cold(), segment(7)],
        removes: vec![removal(1, 11), removal(2, 12)],
        folds: vec![fold(Source::Objects(stream(7)), 0, 3, 12), fold(Source::Node(NODE), 1, 0, 5)],
        attaches: vec![Attach { node: NODE, epoch: 1 }],
        tables: vec![(table("level"), (*level().schema).clone()), (table("wind, gusts"), (*wind().schema).clone())],
        generations: vec![
            change(1, GenerationState::Sealed, Some(id(0x66))),
            change(2, GenerationState::Sealing, None),
            change(3, GenerationState::Open, None),
        ],
        stamp_max: Stamp::from_ns(1_700_000_000_123_456_789),
        tokens: vec![TokenId::from_bytes([1; 16]), TokenId::from_bytes([2; 16])],
        tombstones: vec![(table("level"), tombstone(0x33, 0))],
        lifts: vec![(table("level"), id(0x30))],
        time_floors: vec![(table("level"), at(-3)), (table("wind, gusts"), TimestampNs::MAX)],
        retentions: vec![(None, 3_600_000), (Some(table("level")), 0)],
        condemns: vec![segment(20).id],
        burials: vec![segment(21).id, segment(22).id],
        snapshots: vec![Snapshot { name: "before Ω".into(), checkpoint: checkpoint(40, 0x41), created_at: at(9) }],
        snapshot_drops: vec!["monday".into(), String::new()],
        restore: Some(Restore {
            version: Version::new(30),
            tables: vec![(table("level"), level()), (table("wind, gusts"), wind())],
        }),
        checkpoint: Some(checkpoint(41, 0x42)),
        log_stores: Some(vec!["s3://a/b".into(), "file:///c".into()]),
        rollup_changes: Vec::new(),
        rollup_step: None,
    }
}

/// The state of the frozen checkpoint.
pub(crate) fn state() -> State {
    let tables = BTreeMap::from([(table("level"), level()), (table("wind, gusts"), wind())]);
    let generation = |state, opened, opened_at, watermarks| GenerationEntry {
        state,
        opened: Version::new(opened),
        opened_at: at(opened_at),
        watermarks,
    };
    let grave = |number: u64, is_condemned| Grave {
        id: segment(number).id,
        object: segment(number).object,
        added: Version::new(10 + number),
        removed: Version::new(20 + number),
        removed_at: at(-(number as i64)),
        owned_url: None,
        is_condemned,
    };
    let snapshot = |name: &str, version, byte| Snapshot {
        name: name.into(),
        checkpoint: checkpoint(version, byte),
        created_at: at(i64::MAX),
    };
    let segments_digest = tables.values().fold(0u128, |sum, table| sum.wrapping_add(table.segments.digest()));
    State {
        version: Version::new(42),
        digest: 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10,
        tables,
        streams: Arc::new(BTreeMap::from([(StreamId { generation: Generation::new(3), ..stream(7) }, Seq::new(12))])),
        nodes: BTreeMap::from([(NODE, NodeState { epoch: 3, applied: Seq::new(5) })]),
        generations: BTreeMap::from([
            (Generation::new(1), generation(GenerationState::Sealed, 4, 5, Some(id(0x66)))),
            (Generation::new(2), generation(GenerationState::Sealing, 14, 15, None)),
            (Generation::new(3), generation(GenerationState::Open, 24, 25, None)),
        ]),
        stamp_max: Stamp::from_ns(1_700_000_000_123_456_789),
        segments_digest,
        tokens: Arc::new(BTreeMap::from([
            (TokenId::from_bytes([1; 16]), Version::new(41)),
            (TokenId::from_bytes([2; 16]), Version::new(7)),
        ])),
        graves: Arc::new([grave(1, true), grave(2, false)].into_iter().map(|grave| (grave.id, grave)).collect()),
        condemned_to: Version::new(21),
        snapshots: Arc::new(
            [snapshot("monday", 31, 0x43), snapshot("before Ω", 40, 0x41)]
                .into_iter()
                .map(|snapshot| (snapshot.name.clone(), snapshot))
                .collect(),
        ),
        checkpoints: vec![checkpoint(38, 0x44), checkpoint(41, 0x42)],
        restored: Version::new(33),
        retention_ms: 3_600_000,
        log_stores: vec!["s3://a/b".into(), "file:///c".into()],
        committed_at: at(1_700_000_000_000_000_001),
        ..State::default()
    }
}
