//! Registered files to test with, and what the frozen objects of format 3 hold. Never changed where it is frozen.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewell_segment::foreign::{ForeignOptions, NumberUnit, OnRefused};
use tidewell_types::{FieldType, SegmentId, TimeBounds, TimestampNs, Version};

use super::{author, schema, segment, table};
use crate::state::{State, TableState};
use crate::{Candidate, Facts, ForeignFile, Grave, Home, Intent, Removal, Restore, Segments, TagBounds};

fn id(number: u8) -> SegmentId {
    SegmentId::from_bytes([number; 16])
}

/// A mapping that says something of everything.
fn mapping() -> ForeignOptions {
    ForeignOptions {
        time_column: Some("when".into()),
        time_fallback: true,
        time_unit: NumberUnit::Milliseconds,
        time_format: Some("%s".into()),
        tags: vec!["gauge".into()],
        path_tags: vec![("site".into(), Some("Brest".into())), ("year".into(), None)],
        flatten: true,
        columns: Some(vec!["level".into()]),
        on_refused: OnRefused::LeaveOut,
    }
}

/// A file as its footer has it.
pub(crate) fn candidate(number: u8) -> Candidate {
    Candidate {
        id: id(number),
        file: ForeignFile {
            url: format!("s3://lake/level/{number}.parquet"),
            tag: format!("\"{number:x}\""),
            mapping: ForeignOptions::default(),
            is_owned: false,
            checked: None,
        },
        file_bytes: 5_000 + u64::from(number),
        footer_bytes: 700,
        row_count: 100,
        schema: schema(&["site"], &[("level", FieldType::Float)]),
        facts: None,
    }
}

pub(crate) fn facts() -> Facts {
    Facts {
        time: TimeBounds { min: TimestampNs::from_ns(-7), max: TimestampNs::from_ns(70) },
        tags: vec![TagBounds { tag: "site".into(), min: Some("Brest".into()), max: Some("Ω".into()), null_count: 2 }],
        row_count: 99,
        value_count: 180,
        is_sorted: true,
    }
}

/// One file of which the footer was read, and one that is owned and was looked at.
fn candidates() -> Vec<Candidate> {
    let owned = candidate(2);
    let file = ForeignFile { mapping: mapping(), is_owned: true, ..owned.file };
    vec![candidate(1), Candidate { file, facts: Some(facts()), ..owned }]
}

/// The intent of the frozen commit: two files come, one goes, and a table that has some is put back.
pub(crate) fn intent() -> Intent {
    let registered = Intent::register(&State::default(), author(), &table("level"), &candidates()).unwrap().unwrap();
    let released = Removal { keeps_file: true, ..Removal::of(&segment(9), Home::Committed) };
    let tables = state().tables.into_iter().collect();
    Intent { removes: vec![released], restore: Some(Restore { version: Version::new(30), tables }), ..registered }
}

/// The state of the frozen checkpoint: both files beside a segment, and a file on its way out.
pub(crate) fn state() -> State {
    let registered = Intent::register(&State::default(), author(), &table("level"), &candidates()).unwrap().unwrap();
    let version = Version::new(5);
    let adds = registered.adds.into_iter().map(|entry| crate::SegmentEntry { added: version, rank: version, ..entry });
    let own = crate::SegmentEntry { added: version, rank: version, ..segment(8) };
    let segments = Segments::from_entries(adds.chain([own]));
    let grave = Grave {
        id: id(0xee),
        object: "s3://lake/gone.parquet#ee".into(),
        added: Version::new(2),
        removed: Version::new(4),
        removed_at: TimestampNs::from_ns(11),
        owned_url: Some("s3://lake/gone.parquet".into()),
        is_condemned: true,
    };
    let segments_digest = segments.digest();
    let columns = schema(&["site"], &[("level", FieldType::Float)]);
    let level = TableState { schema: Arc::new(columns), segments, ..TableState::default() };
    State {
        version: Version::new(6),
        digest: 77,
        tables: BTreeMap::from([(table("level"), level)]),
        segments_digest,
        graves: Arc::new(BTreeMap::from([(grave.id, grave)])),
        condemned_to: Version::new(4),
        ..State::default()
    }
}
