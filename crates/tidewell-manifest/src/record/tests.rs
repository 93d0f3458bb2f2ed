//! The manifest's objects as bytes: read back, refused when damaged, and all versions read for ever.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use prost::Message as _;
use tidewell_types::{GenerationState, SegmentId};

use super::*;
use crate::entry::SegmentEntry;
use crate::intent::GenerationChange;
use crate::leaf::LeafCache;
use crate::removal::{Home, Removal};
use crate::sample::{NODE, WRITE_ID, author, change, frozen, rich, rich_state, segment, stream, table};
use crate::sample::{registered, rolled};
use crate::snapshot::CheckpointRef;
use crate::state::{NodeState, State};
use crate::{FORMAT_VERSION, checkpoint, floor, leaf, watermarks};

const COMMIT_V1: &[u8] = include_bytes!("../../fixtures/commit-v1.bin");
const CHECKPOINT_V1: &[u8] = include_bytes!("../../fixtures/checkpoint-v1.bin");
const HINT_V1: &[u8] = include_bytes!("../../fixtures/hint-v1.bin");
const FLOOR_V1: &[u8] = include_bytes!("../../fixtures/floor-v1.bin");
const COMMIT_V2: &[u8] = include_bytes!("../../fixtures/commit-v2.bin");
const CHECKPOINT_V2: &[u8] = include_bytes!("../../fixtures/checkpoint-v2.bin");
const HINT_V2: &[u8] = include_bytes!("../../fixtures/hint-v2.bin");
const FLOOR_V2: &[u8] = include_bytes!("../../fixtures/floor-v2.bin");
const LEAF_V2: &[u8] = include_bytes!("../../fixtures/leaf-v2.bin");
const WATERMARKS_V2: &[u8] = include_bytes!("../../fixtures/watermarks-v2.bin");

const COMMIT_V3: &[u8] = include_bytes!("../../fixtures/commit-v3.bin");
const CHECKPOINT_V3: &[u8] = include_bytes!("../../fixtures/checkpoint-v3.bin");
const COMMIT_V4: &[u8] = include_bytes!("../../fixtures/commit-v4.bin");
const CHECKPOINT_V4: &[u8] = include_bytes!("../../fixtures/checkpoint-v4.bin");

const LEAF_ID: WriteId = WriteId::from_bytes([0x55; 16]);
const HINTED: CheckpointRef = CheckpointRef { version: Version::new(100), write_id: WRITE_ID };

/// A commit with everything that one can change.
fn record() -> Record {
    Record {
        version: Version::new(42),
        parent_digest: 0xaaaa << 100,
        segments_digest: 0xbbbb,
        at: TimestampNs::from_ns(-17),
        intent: frozen::intent(),
    }
}

/// A commit with everything that format 3 added.
fn record_v3() -> Record {
    Record { intent: registered::intent(), ..record() }
}

/// A commit with everything that format 4 added.
fn record_v4() -> Record {
    Record { intent: rolled::intent(), ..record() }
}

/// The same as it is read: what a commit makes carries its number.
fn record_read() -> Record {
    read_as(record())
}

fn read_as(mut record: Record) -> Record {
    for add in &mut record.intent.adds {
        add.added = Version::new(42);
        if add.rank == Version::ZERO {
            add.rank = Version::new(42);
        }
    }
    record.intent.tombstones.iter_mut().for_each(|(_, tombstone)| tombstone.version = Version::new(42));
    record
}

type Object = (Bytes, fn(&[u8]) -> Option<DecodeError>);

const KINDS: [(&str, Kind); 6] = [
    ("commit", Kind::Commit),
    ("checkpoint", Kind::Checkpoint),
    ("hint", Kind::Hint),
    ("floor", Kind::Floor),
    ("leaf", Kind::Leaf),
    ("watermarks", Kind::Watermarks),
];

/// One object of each kind, and what reading such an object says.
fn encoded() -> [Object; 6] {
    [
        (record().encode(WRITE_ID).unwrap(), |bytes| Record::decode(bytes).err()),
        (checkpoint::encode(&frozen::state(), WRITE_ID).unwrap(), |bytes| checkpoint::decode(bytes).err()),
        (checkpoint::encode_hint(HINTED).unwrap(), |bytes| checkpoint::decode_hint(bytes).err()),
        (floor::encode(Version::new(99), WRITE_ID).unwrap(), |bytes| floor::decode(bytes).err()),
        (leaf::encode(&frozen::leaf(), LEAF_ID).unwrap(), |bytes| leaf::decode(bytes, &frozen::leaf_of_it()).err()),
        (watermarks::encode(Generation::new(4), &frozen::watermarks(), WRITE_ID).unwrap(), |bytes| {
            watermarks::decode(bytes).err()
        }),
    ]
}

#[test]
fn record_written_is_read_back() {
    assert_eq!(Record::decode(&record().encode(WRITE_ID).unwrap()).unwrap(), (WRITE_ID, record_read()));
    let empty = Record { intent: Intent::new(author()), ..record() };
    assert_eq!(Record::decode(&empty.encode(WRITE_ID).unwrap()).unwrap(), (WRITE_ID, empty));
}

#[test]
fn checkpoint_written_is_read_back() {
    for state in [State::default(), rich_state(), frozen::state()] {
        let read = checkpoint::decode(&checkpoint::encode(&state, WRITE_ID).unwrap()).unwrap();
        assert_eq!(read, state);
        let itself = CheckpointRef { version: state.version, write_id: WRITE_ID };
        assert_eq!(read.basis.checkpoint(), Some(itself));
    }
}

#[test]
fn object_with_any_bit_flipped_is_refused() {
    for (bytes, decode) in encoded() {
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&flipped).is_some(), "bit {bit} of {}", String::from_utf8_lossy(&bytes[..4]));
        }
    }
}

#[test]
fn object_cut_short_or_followed_by_bytes_is_refused() {
    for (bytes, decode) in encoded() {
        assert_eq!(decode(&bytes), None);
        assert!((0..bytes.len()).all(|length| decode(&bytes[..length]).is_some()));
        assert!(decode(&[&bytes[..], &[0]].concat()).is_some());
    }
}

#[test]
fn object_of_another_kind_is_refused() {
    let objects = encoded();
    for (index, (_, decode)) in objects.iter().enumerate() {
        for (bytes, _) in objects.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, object)| object) {
            assert_eq!(decode(bytes), Some(DecodeError::Corrupt { what: "magic" }));
        }
    }
}

#[test]
fn object_of_a_newer_version_is_refused_by_number() {
    let next = FORMAT_VERSION + 1;
    for (bytes, decode) in encoded() {
        let mut newer = bytes.to_vec();
        newer[4..6].copy_from_slice(&next.to_le_bytes());
        let error = decode(&newer).unwrap();
        assert_eq!(error, DecodeError::Newer { found: next, known: FORMAT_VERSION });
        assert!(error.to_string().contains(&format!("format {next}")), "{error}");
    }
}

/// A sealed message that `spoil` has been at, as what reading it says.
fn spoiled(spoil: impl FnOnce(&mut message::Commit)) -> DecodeError {
    let (_, body) = frame::open(Kind::Commit, &record().encode(WRITE_ID).unwrap()).unwrap();
    let mut body = message::Commit::decode(&*body).unwrap();
    spoil(&mut body);
    Record::decode(&frame::seal(Kind::Commit, WRITE_ID, &body.encode_to_vec()).unwrap()).unwrap_err()
}

const fn corrupt(what: &'static str) -> DecodeError {
    DecodeError::Corrupt { what }
}

#[test]
fn record_with_a_part_that_cannot_be_is_refused_and_names_it() {
    assert_eq!(spoiled(|commit| commit.author = None), corrupt("author"));
    assert_eq!(spoiled(|commit| commit.parent_digest.truncate(15)), corrupt("id"));
    assert_eq!(spoiled(|commit| commit.removes.push(vec![0; 17])), corrupt("id"));
    assert_eq!(spoiled(|commit| commit.adds[0].table.clear()), corrupt("table name"));
    assert_eq!(spoiled(|commit| commit.adds[0].time_min_ns = i64::MAX), corrupt("segment"));
    assert_eq!(spoiled(|commit| commit.adds[0].footer_bytes = u64::MAX), corrupt("segment"));
    assert_eq!(spoiled(|commit| commit.adds[0].tier = 2), corrupt("tier"));
    assert_eq!(spoiled(|commit| commit.tables[0].fields[0].field_type = 0), corrupt("field type"));
    assert_eq!(spoiled(|commit| commit.tables[0].fields[0].field_type = 6), corrupt("field type"));
    assert_eq!(spoiled(|commit| commit.tables[0].tags.push("time".into())), corrupt("schema"));
    assert_eq!(spoiled(|commit| commit.generations[0].state = 3), corrupt("generation state"));
    assert_eq!(spoiled(|commit| commit.generations[0].watermarks.truncate(8)), corrupt("id"));
    assert_eq!(spoiled(|commit| commit.folds[0].stream = None), corrupt("id"));
}

#[test]
fn record_of_format_2_with_a_part_that_cannot_be_is_refused_and_names_it() {
    assert_eq!(spoiled(|commit| commit.removals[0].share.truncate(3)), corrupt("id"));
    assert_eq!(spoiled(|commit| commit.removals[0].table.clear()), corrupt("table name"));
    assert_eq!(spoiled(|commit| commit.tombstones[0].tombstone = None), corrupt("delete"));
    let mixed_up = |commit: &mut message::Commit| commit.tombstones[0].tombstone.as_mut().unwrap().time_min_ns = 8;
    assert_eq!(spoiled(mixed_up), corrupt("span of time"));
    assert_eq!(spoiled(|commit| commit.lifts[0].id.clear()), corrupt("id"));
    assert_eq!(spoiled(|commit| commit.retentions[1].table = Some(String::new())), corrupt("table name"));
    assert_eq!(spoiled(|commit| commit.condemns[0].clear()), corrupt("id"));
    assert_eq!(spoiled(|commit| commit.burials[0].clear()), corrupt("id"));
    assert_eq!(spoiled(|commit| commit.tokens[0].push(0)), corrupt("id"));
    assert_eq!(spoiled(|commit| commit.snapshots[0].checkpoint = None), corrupt("snapshot"));
    assert_eq!(spoiled(|commit| commit.checkpoint.as_mut().unwrap().write_id.clear()), corrupt("id"));
    fn level(commit: &mut message::Commit) -> &mut message::Table {
        &mut commit.restore.as_mut().unwrap().tables[0]
    }
    assert_eq!(spoiled(|commit| level(commit).leaves[0].segment_count = 0), corrupt("list of segments"));
    assert_eq!(spoiled(|commit| level(commit).leaves[0].last_time_min_ns = i64::MIN), corrupt("list of segments"));
    assert_eq!(spoiled(|commit| level(commit).leaves[0].segment_count = 5), corrupt("lists of segments"));
    assert_eq!(spoiled(|commit| level(commit).gone[0].time_min_ns = 51), corrupt("lists of segments"));
    assert_eq!(spoiled(|commit| level(commit).totals = None), corrupt("lists of segments"));
    let doubled = |commit: &mut message::Commit| {
        let table = level(commit);
        table.leaves.push(table.leaves[0].clone());
        table.totals.as_mut().unwrap().segment_count += 4;
    };
    assert_eq!(spoiled(doubled), corrupt("lists of segments"));
}

#[test]
fn checkpoint_whose_segments_do_not_add_up_is_refused() {
    for mut state in [rich_state(), frozen::state()] {
        state.segments_digest += 1;
        let bytes = checkpoint::encode(&state, WRITE_ID).unwrap();
        assert_eq!(checkpoint::decode(&bytes).unwrap_err(), corrupt("segments digest"));
    }
}

#[test]
fn commit_frozen_in_version_1_reads_the_same() {
    assert_eq!(COMMIT_V1[..8], *b"TWLG\x01\0\0\0");
    assert_eq!(COMMIT_V1[8..24], [0x77; 16]);
    let (write_id, read) = Record::decode(COMMIT_V1).unwrap();
    let mut intent = rich();
    intent.adds.iter_mut().for_each(|add| (add.added, add.rank) = (Version::new(42), Version::new(42)));
    intent.removes = vec![Removal {
        id: SegmentId::from_bytes([0x33; 16]),
        table: None,
        object: String::new(),
        time_min: TimestampNs::MIN,
        row_count: 0,
        value_count: 0,
        file_bytes: 0,
        share: 0,
        added: Version::ZERO,
        keeps_file: false,
        home: Home::Committed,
    }];
    let record = Record { at: TimestampNs::from_ns(0), intent, ..record() };
    assert_eq!((write_id, &read), (WRITE_ID, &record));
    let Intent { adds, folds, attaches, tables, generations, stamp_max, .. } = read.intent;
    assert_eq!(adds[0].object, "db/harbour/hot/00000000/level/2023-11-14/01000000000000000000000000000000.parquet");
    assert_eq!((adds[1].file_bytes, adds[1].footer_bytes, adds[1].row_count, adds[1].value_count), (1002, 300, 10, 17));
    assert_eq!((adds[0].time.min.as_ns(), adds[0].time.max.as_ns()), (-5, 1_700_000_000_000_000_000));
    assert_eq!((adds[0].tags[0].min.as_deref(), adds[0].tags[0].max.as_deref()), (Some("Brest"), None));
    assert_eq!((adds[0].digest, adds[0].tier.folder()), (u128::MAX - 1, "hot"));
    let stream = Source::Objects(stream(7));
    assert_eq!(folds[0], Fold { source: stream, epoch: 0, from: Seq::ZERO, to: Seq::new(12) });
    assert_eq!(folds[1], Fold { source: Source::Node(NODE), epoch: 1, from: Seq::ZERO, to: Seq::new(5) });
    assert_eq!(attaches, [Attach { node: NODE, epoch: 1 }]);
    assert_eq!((&tables[1].0, tables[1].1.fields().len()), (&table("wind, gusts"), 3));
    assert_eq!(generations[0], change(3, GenerationState::Sealing, None));
    assert_eq!(stamp_max.as_ns(), 1_700_000_000_123_456_789);
}

#[test]
fn checkpoint_frozen_in_version_1_reads_the_same() {
    assert_eq!(CHECKPOINT_V1[..8], *b"TWCK\x01\0\0\0");
    let state = checkpoint::decode(CHECKPOINT_V1).unwrap();
    assert_eq!(state, rich_state());
    assert_eq!((state.version.get(), state.digest), (1, 0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10));
    assert_eq!(state.segments_digest, SEGMENTS_DIGEST);
    let (first, one) = (&*state.tables["level"].segments.fresh()[0], Version::new(1));
    assert_eq!(*first, SegmentEntry { added: one, rank: one, ..segment(1) });
    assert_eq!((state.totals().segment_count, state.totals().row_count), (2, 20));
    assert_eq!(state.nodes[&NODE], NodeState { epoch: 1, applied: Seq::new(5) });
    assert_eq!(state.streams[&stream(7)], Seq::new(12));
}

/// Of segments 1 and 2, added by version 1: each the XXH3-128 of id, object digest and version.
const SEGMENTS_DIGEST: u128 = 270_416_093_584_241_915_395_126_764_423_021_188_170;

#[test]
fn hint_and_floor_frozen_in_version_1_read_the_same() {
    assert_eq!(
        (HINT_V1[..8].to_vec(), FLOOR_V1[..8].to_vec()),
        (b"TWHN\x01\0\0\0".to_vec(), b"TWFL\x01\0\0\0".to_vec())
    );
    assert_eq!(checkpoint::decode_hint(HINT_V1).unwrap(), HINTED);
    assert_eq!(floor::decode(FLOOR_V1).unwrap(), Version::new(99));
}

#[test]
fn commit_frozen_in_version_2_reads_the_same() {
    assert_eq!((&COMMIT_V2[..8], &COMMIT_V2[8..24]), (&b"TWLG\x02\0\0\0"[..], &[0x77; 16][..]));
    let (write_id, read) = Record::decode(COMMIT_V2).unwrap();
    assert_eq!((write_id, &read), (WRITE_ID, &record_read()));
    // What the record does not say must not come from the code above that both sides share.
    assert_eq!((read.version.get(), read.at.as_ns(), read.segments_digest), (42, -17, 0xbbbb));
    let Intent { adds, removes, generations, restore, .. } = read.intent;
    assert_eq!((adds[0].tier.folder(), adds[0].rank.get(), adds[0].deletes_to.get()), ("cold", 17, 19));
    assert_eq!((adds[1].tier.folder(), adds[1].rank.get(), adds[1].deletes_to.get()), ("hot", 42, 0));
    let removed = &removes[0];
    assert_eq!(
        (removed.time_min.as_ns(), removed.row_count, removed.value_count, removed.file_bytes),
        (-5, 10, 17, 1001)
    );
    assert_eq!((removed.added.get(), removed.share), (11, SHARE_OF_1_ADDED_BY_11));
    let sealed = GenerationChange {
        generation: Generation::new(1),
        state: GenerationState::Sealed,
        watermarks: Some(WriteId::from_bytes([0x66; 16])),
    };
    assert_eq!(generations[0], sealed);
    let restore = restore.unwrap();
    assert_eq!((restore.version.get(), restore.tables[0].1.segments.totals().segment_count), (30, 4));
}

/// The XXH3-128 of segment 1's id, its object's digest and 11.
const SHARE_OF_1_ADDED_BY_11: u128 = 111_674_681_957_074_432_977_384_851_064_114_681_795;

#[test]
fn checkpoint_frozen_in_version_2_reads_the_same() {
    assert_eq!(CHECKPOINT_V2[..8], *b"TWCK\x02\0\0\0");
    let state = checkpoint::decode(CHECKPOINT_V2).unwrap();
    assert_eq!(state, frozen::state());
    let level = &state.tables["level"];
    assert_eq!(
        (level.segments.leaves().len(), level.segments.fresh().len(), level.segments.totals().segment_count),
        (1, 1, 4)
    );
    let [leaf] = level.segments.leaves() else { panic!() };
    assert_eq!((leaf.generation.get(), leaf.id, leaf.segment_count), (2, LEAF_ID, 4));
    assert_eq!((leaf.time.min.as_ns(), leaf.time.max.as_ns()), (-1_000_000_000, 99));
    assert_eq!((level.retention_ms, state.tables["wind, gusts"].retention_ms), (Some(86_400_000), Some(0)));
}

#[test]
fn hint_and_floor_frozen_in_version_2_read_the_same() {
    assert_eq!(
        (HINT_V2[..8].to_vec(), FLOOR_V2[..8].to_vec()),
        (b"TWHN\x02\0\0\0".to_vec(), b"TWFL\x02\0\0\0".to_vec())
    );
    assert_eq!(checkpoint::decode_hint(HINT_V2).unwrap(), HINTED);
    assert_eq!(floor::decode(FLOOR_V2).unwrap(), Version::new(99));
}

#[test]
fn list_frozen_in_version_2_reads_the_same() {
    assert_eq!((&LEAF_V2[..8], &LEAF_V2[8..24]), (&b"TWIX\x02\0\0\0"[..], &[0x55; 16][..]));
    let read = leaf::decode(LEAF_V2, &frozen::leaf_of_it()).unwrap();
    assert_eq!(read, frozen::leaf());
    assert_eq!(read.iter().map(|entry| entry.added.get()).collect::<Vec<_>>(), [20, 3, 4, 6]);
    let cache = LeafCache::default();
    cache.put(LEAF_ID, read.into());
    assert_eq!(cache.get(LEAF_ID).unwrap().len(), 4);
}

#[test]
fn final_watermarks_frozen_in_version_2_read_the_same() {
    assert_eq!(WATERMARKS_V2[..8], *b"TWGN\x02\0\0\0");
    assert_eq!(watermarks::decode(WATERMARKS_V2).unwrap(), (Generation::new(4), frozen::watermarks()));
    assert_eq!(frozen::watermarks()[1].1.get(), u64::MAX);
}

#[test]
fn commit_frozen_in_version_3_reads_the_same() {
    assert_eq!((&COMMIT_V3[..8], &COMMIT_V3[8..24]), (&b"TWLG\x03\0\0\0"[..], &[0x77; 16][..]));
    let (_, read) = Record::decode(COMMIT_V3).unwrap();
    assert_eq!(read, read_as(record_v3()));
    // What the record does not say must not come from the code above that both sides share.
    let Intent { adds, removes, .. } = read.intent;
    let (plain, owned) = (adds[0].foreign.clone().unwrap(), adds[1].foreign.clone().unwrap());
    assert_eq!((plain.url.as_str(), plain.tag.as_str()), ("s3://lake/level/1.parquet", "\"1\""));
    assert_eq!((plain.is_owned, plain.checked, owned.is_owned), (false, None, true));
    assert_eq!((adds[0].time, adds[1].time.max.as_ns()), (tidewell_types::TimeBounds::ALL, 70));
    assert!(owned.checked.unwrap().is_sorted && removes[0].keeps_file);
    let (mapping, unit) = (&owned.mapping, owned.mapping.time_unit.to_string());
    assert_eq!((mapping.time_column.as_deref(), mapping.time_format.as_deref()), (Some("when"), Some("%s")));
    assert_eq!((unit.as_str(), mapping.path_tags[1].1.as_deref(), mapping.flatten), ("ms", None, true));
    assert_eq!(adds[0].digest, PIN_OF_FILE_1);
}

/// The XXH3-128 of file 1's URL and tag, each behind its length, and its length.
const PIN_OF_FILE_1: u128 = 0x2161_73CA_5037_E965_EB7D_B746_28CE_6307;

#[test]
fn checkpoint_frozen_in_version_3_reads_the_same() {
    assert_eq!(CHECKPOINT_V3[..8], *b"TWCK\x03\0\0\0");
    let state = checkpoint::decode(CHECKPOINT_V3).unwrap();
    assert_eq!(state, registered::state());
    assert_eq!((state.registered().count(), state.totals().segment_count), (2, 1));
    assert_eq!(state.graves.values().next().unwrap().owned_url.as_deref(), Some("s3://lake/gone.parquet"));
}

#[test]
fn commit_frozen_in_version_4_reads_the_same() {
    assert_eq!((&COMMIT_V4[..8], &COMMIT_V4[8..24]), (&b"TWLG\x04\0\0\0"[..], &[0x77; 16][..]));
    let (_, read) = Record::decode(COMMIT_V4).unwrap();
    assert_eq!(read, record_v4());
    // What the record does not say must not come from the code above that both sides share.
    let Intent { rollup_changes, rollup_step, .. } = read.intent;
    let (hours, since) = rollup_changes[0].definition.clone().unwrap();
    assert_eq!((hours.interval_ms, hours.settle_ms, since.as_ns()), (3_600_000, 60_000, i64::MIN));
    assert_eq!((hours.source.as_str(), hours.target.as_str()), ("level", "level, hourly"));
    assert_eq!((hours.tags, hours.fields), (None, None));
    let made: Vec<_> = hours.aggregates.iter().map(ToString::to_string).collect();
    assert_eq!(made, ["mean", "min", "max", "count"]);
    let (days, since) = rollup_changes[1].definition.clone().unwrap();
    let made: Vec<_> = days.aggregates.iter().map(ToString::to_string).collect();
    assert_eq!((made, since.as_ns()), (vec!["last".to_owned(), "first".into(), "sum".into()], -7));
    assert_eq!(days.tags.unwrap(), ["site", "Ω"]);
    assert_eq!((rollup_changes[2].name.as_str(), &rollup_changes[2].definition), ("old", &None));
    let step = rollup_step.unwrap();
    assert_eq!((step.name.as_str(), step.as_of.get()), ("hours", 41));
    assert_eq!((step.done[0].min.as_ns(), step.done[1].max.as_ns()), (i64::MIN, 7_199_999_999_999));
}

#[test]
fn checkpoint_frozen_in_version_4_reads_the_same() {
    assert_eq!(CHECKPOINT_V4[..8], *b"TWCK\x04\0\0\0");
    let state = checkpoint::decode(CHECKPOINT_V4).unwrap();
    assert_eq!(state, rolled::state());
    let hours = &state.rollups["hours"];
    assert_eq!((hours.created.get(), hours.stepped.get(), hours.dirty.spans().len()), (3, 8, 2));
    let newest = hours.dirty.spans()[1];
    assert_eq!((newest.time.min.as_ns(), newest.version.get(), newest.is_replaced), (0, 9, true));
}

#[test]
fn objects_with_rollups_are_written_in_the_version_whose_readers_mark_buckets() {
    let of = |intent: Intent| Record { intent, ..record() }.encode(WRITE_ID).unwrap()[4];
    let parts = rolled::intent();
    assert_eq!(of(Intent { rollup_changes: parts.rollup_changes, ..Intent::new(author()) }), 4);
    assert_eq!(of(Intent { rollup_step: parts.rollup_step, ..registered::intent() }), 4);
    assert_eq!(checkpoint::encode(&rolled::state(), WRITE_ID).unwrap()[4], 4);
    let state = State { rollups: std::sync::Arc::default(), ..rolled::state() };
    assert_eq!(checkpoint::encode(&state, WRITE_ID).unwrap()[4], 2);
}

#[test]
fn rollup_that_cannot_be_is_refused_and_named() {
    let spoiled = |spoil: fn(&mut message::Commit)| {
        let (_, body) = frame::open(Kind::Commit, &record_v4().encode(WRITE_ID).unwrap()).unwrap();
        let mut body = message::Commit::decode(&*body).unwrap();
        spoil(&mut body);
        Record::decode(&frame::seal(Kind::Commit, WRITE_ID, &body.encode_to_vec()).unwrap()).unwrap_err()
    };
    fn hours(commit: &mut message::Commit) -> &mut message::RollupDefinition {
        commit.rollup_changes[0].definition.as_mut().unwrap()
    }
    assert_eq!(spoiled(|commit| hours(commit).interval_ms = 0), corrupt("rollup"));
    assert_eq!(spoiled(|commit| hours(commit).interval_ms = u64::MAX), corrupt("rollup"));
    assert_eq!(spoiled(|commit| hours(commit).aggregates.clear()), corrupt("rollup"));
    assert_eq!(spoiled(|commit| hours(commit).aggregates[0] = 8), corrupt("aggregate"));
    assert_eq!(spoiled(|commit| hours(commit).target.clear()), corrupt("table name"));
    assert_eq!(spoiled(|commit| commit.rollup_step.as_mut().unwrap().done[0].min_ns = 0), corrupt("span of time"));
    let (_, body) = frame::open(Kind::Checkpoint, CHECKPOINT_V4).unwrap();
    let mut body = message::Checkpoint::decode(&*body).unwrap();
    let marked = body.rollups.iter_mut().find(|rollup| rollup.name == "hours").unwrap();
    marked.dirty.swap(0, 1);
    let sealed = frame::seal(Kind::Checkpoint, WRITE_ID, &body.encode_to_vec()).unwrap();
    assert_eq!(checkpoint::decode(&sealed).unwrap_err(), corrupt("marks"));
}

#[test]
fn objects_without_registered_files_are_written_in_the_version_that_readers_of_it_know() {
    for (bytes, _) in encoded() {
        assert_eq!(bytes[4..6], [2, 0]);
    }
    assert_eq!(record_v3().encode(WRITE_ID).unwrap()[4..6], [3, 0]);
    assert_eq!(checkpoint::encode(&registered::state(), WRITE_ID).unwrap()[4..6], [3, 0]);
    let of = |intent: Intent| Record { intent, ..record() }.encode(WRITE_ID).unwrap()[4];
    let parts = registered::intent();
    assert_eq!(of(Intent { adds: parts.adds, ..Intent::new(author()) }), 3);
    assert_eq!(of(Intent { removes: parts.removes, ..Intent::new(author()) }), 3);
    assert_eq!(of(Intent { restore: parts.restore, ..Intent::new(author()) }), 3);
    let mut state = registered::state();
    state.tables.clear();
    assert_eq!(checkpoint::encode(&state, WRITE_ID).unwrap()[4..6], [3, 0], "a file on its way out");
}

#[test]
fn registered_file_that_cannot_be_is_refused_and_named() {
    fn file(commit: &mut message::Commit) -> &mut message::ForeignFile {
        commit.adds[1].foreign.as_mut().unwrap()
    }
    let spoiled = |spoil: fn(&mut message::Commit)| {
        let (_, body) = frame::open(Kind::Commit, &record_v3().encode(WRITE_ID).unwrap()).unwrap();
        let mut body = message::Commit::decode(&*body).unwrap();
        spoil(&mut body);
        Record::decode(&frame::seal(Kind::Commit, WRITE_ID, &body.encode_to_vec()).unwrap()).unwrap_err()
    };
    assert_eq!(spoiled(|commit| file(commit).url.clear()), corrupt("registered file"));
    assert_eq!(spoiled(|commit| file(commit).tag.clear()), corrupt("registered file"));
    assert_eq!(spoiled(|commit| file(commit).mapping = None), corrupt("mapping"));
    assert_eq!(spoiled(|commit| file(commit).mapping.as_mut().unwrap().time_unit = 4), corrupt("unit of time"));
    fn level(commit: &mut message::Commit) -> &mut message::Table {
        &mut commit.restore.as_mut().unwrap().tables[0]
    }
    assert_eq!(spoiled(|commit| level(commit).registered[0].foreign = None), corrupt("registered files"));
    assert_eq!(
        spoiled(|commit| std::mem::take(&mut level(commit).registered)
            .into_iter()
            .for_each(|one| level(commit).fresh.push(one))),
        corrupt("lists of segments")
    );
}

#[test]
#[ignore = "wrote the frozen bytes once; a new version gets new files"]
fn objects_with_registered_files_are_written() {
    let checkpoint = checkpoint::encode(&registered::state(), WRITE_ID).unwrap();
    for (name, bytes) in [("commit", record_v3().encode(WRITE_ID).unwrap()), ("checkpoint", checkpoint)] {
        let path = format!("{}/fixtures/{name}-v3.bin", env!("CARGO_MANIFEST_DIR"));
        std::io::Write::write_all(&mut std::fs::File::create_new(path).unwrap(), &bytes).unwrap();
    }
}

#[test]
#[ignore = "wrote the frozen bytes once; a new version gets new files"]
fn frozen_objects_are_written() {
    for ((name, _), (bytes, _)) in KINDS.into_iter().zip(encoded()) {
        let path = format!("{}/fixtures/{name}-v2.bin", env!("CARGO_MANIFEST_DIR"));
        std::io::Write::write_all(&mut std::fs::File::create_new(path).unwrap(), &bytes).unwrap();
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for (sample, decode) in encoded() {
            let _ = decode(&bytes);
            let _ = decode(&[&sample[..28], &bytes].concat());
        }
    }

    #[test]
    fn any_message_in_a_whole_frame_is_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        for ((_, kind), (_, decode)) in KINDS.into_iter().zip(encoded()) {
            let _ = decode(&frame::seal(kind, WRITE_ID, &body).unwrap());
        }
    }

    #[test]
    fn message_with_altered_bytes_is_read_or_refused(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        for ((_, kind), (bytes, decode)) in KINDS.into_iter().zip(encoded()) {
            let (_, mut body) = frame::open(kind, &bytes).unwrap();
            for (at, value) in &changes {
                let at = at.index(body.len());
                body[at] = *value;
            }
            let _ = decode(&frame::seal(kind, WRITE_ID, &body).unwrap());
        }
    }
}
