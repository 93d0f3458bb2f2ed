//! What the frozen objects of format 4 hold: rollups. Never changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewell_types::{TimeBounds, TimestampNs, Version};

use super::{author, table};
use crate::rollup::{Aggregate, DirtySpan, DirtySpans, Rollup, RollupChange, RollupDefinition, RollupStep};
use crate::{Intent, State};

const fn span(min: i64, max: i64) -> TimeBounds {
    TimeBounds { min: TimestampNs::from_ns(min), max: TimestampNs::from_ns(max) }
}

/// Hours of all of a table.
pub(crate) fn definition() -> RollupDefinition {
    RollupDefinition {
        source: table("level"),
        target: table("level, hourly"),
        interval_ms: 3_600_000,
        settle_ms: 60_000,
        tags: None,
        fields: None,
        aggregates: vec![Aggregate::Mean, Aggregate::Min, Aggregate::Max, Aggregate::Count],
    }
}

fn narrow() -> RollupDefinition {
    RollupDefinition {
        source: table("level, hourly"),
        target: table("daily"),
        interval_ms: 86_400_000,
        settle_ms: 0,
        tags: Some(vec!["site".into(), "Ω".into()]),
        fields: Some(vec!["mean_level".into()]),
        aggregates: vec![Aggregate::Last, Aggregate::First, Aggregate::Sum],
    }
}

pub(crate) fn intent() -> Intent {
    let made = |name: &str, definition, since| RollupChange {
        name: name.into(),
        definition: Some((definition, TimestampNs::from_ns(since))),
    };
    let step = RollupStep {
        name: "hours".into(),
        as_of: Version::new(41),
        done: vec![span(i64::MIN, -1), span(3_600_000_000_000, 7_199_999_999_999)],
    };
    Intent {
        rollup_changes: vec![
            made("hours", definition(), i64::MIN),
            made("days", narrow(), -7),
            RollupChange { name: "old".into(), definition: None },
        ],
        rollup_step: Some(step),
        ..Intent::new(author())
    }
}

pub(crate) fn state() -> State {
    let dirty = |min, max, version, is_replaced| DirtySpan {
        time: span(min, max),
        version: Version::new(version),
        is_replaced,
    };
    let spans = vec![dirty(i64::MIN, -1, 7, false), dirty(0, 3_599_999_999_999, 9, true)];
    let hours = Rollup {
        definition: definition(),
        created: Version::new(3),
        stepped: Version::new(8),
        dirty: DirtySpans::from_spans(spans).unwrap_or_default(),
    };
    let days =
        Rollup { definition: narrow(), created: Version::new(4), stepped: Version::ZERO, dirty: DirtySpans::default() };
    State {
        version: Version::new(9),
        digest: 78,
        rollups: Arc::new(BTreeMap::from([("hours".to_owned(), hours), ("days".to_owned(), days)])),
        ..State::default()
    }
}
