//! Which buckets come next.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use tidewell_env::Env;
use tidewell_manifest::{Aggregate, Author, Intent, Manifest, SegmentEntry};
use tidewell_storage::{DatabaseLayout, Store, StoreOptions, StoreUrl, Tier};
use tidewell_types::{DatabaseName, Generation, TableName, WriterId};

use super::*;
use crate::rollup::create;

const HOUR_NS: i64 = 3_600_000_000_000;
const DAY: Reach = Reach { rows: None, window_ms: 86_400_000, from: TimestampNs::MIN };

fn span(min: i64, max: i64) -> TimeBounds {
    TimeBounds { min: TimestampNs::from_ns(min), max: TimestampNs::from_ns(max) }
}

fn hours(from: i64, to: i64) -> TimeBounds {
    span(from * HOUR_NS, to * HOUR_NS - 1)
}

fn at(hour: i64) -> TimestampNs {
    TimestampNs::from_ns(hour * HOUR_NS)
}

struct Fixture {
    env: Env,
    manifest: Manifest,
}

impl Fixture {
    /// A database whose table `s` is rolled up by the hour.
    async fn new() -> Self {
        let env = Env::system();
        let store = Store::open(&StoreUrl::Memory, env.clone(), &StoreOptions::default()).unwrap();
        let name = DatabaseName::new("d").unwrap();
        let manifest = Manifest::open(store, env.clone(), name).await.unwrap();
        let definition = RollupDefinition {
            source: TableName::new("s").unwrap(),
            target: TableName::new("t").unwrap(),
            interval_ms: 3_600_000,
            settle_ms: 0,
            tags: None,
            fields: None,
            aggregates: vec![Aggregate::Mean],
        };
        create(&manifest, &env, "r", definition, TimestampNs::MIN).await.unwrap();
        Self { env, manifest }
    }

    async fn commit(&self, change: impl Fn(Intent) -> Intent + Send + Sync + 'static) -> Arc<State> {
        let author = Author { generation: Generation::ZERO, writer: WriterId::from_bytes([1; 16]) };
        self.manifest.commit(move |_| Ok(Some(change(Intent::new(author))))).await.unwrap()
    }

    /// A segment of a table with rows of a span.
    async fn add(&self, table: &str, time: TimeBounds) -> Arc<State> {
        let (id, table) = (self.env.segment_id(), TableName::new(table).unwrap());
        let layout = DatabaseLayout::new(&DatabaseName::new("d").unwrap());
        let entry = SegmentEntry {
            id,
            object: layout.segment(Tier::Hot, Generation::ZERO, &table, time.min.day(), id).to_string(),
            table,
            file_bytes: 10,
            footer_bytes: 5,
            row_count: 1,
            value_count: 1,
            time,
            tags: Vec::new(),
            digest: 1,
            tier: Tier::Hot,
            added: Version::ZERO,
            rank: Version::ZERO,
            deletes_to: Version::ZERO,
            foreign: None,
        };
        self.commit(move |intent| Intent { adds: vec![entry.clone()], ..intent }).await
    }

    async fn settle(&self, work: RollupWork) -> Arc<State> {
        let step = tidewell_manifest::RollupStep { name: work.name, as_of: work.as_of, done: work.done };
        self.commit(move |intent| Intent { rollup_step: Some(step.clone()), ..intent }).await
    }
}

#[tokio::test]
async fn database_without_rows_is_settled_at_once_and_rests() {
    let fixture = Fixture::new().await;
    let work = RollupWork::next(&fixture.manifest.state(), "r", at(5), DAY).unwrap();
    assert_eq!((work.window, &work.replaced), (None, &vec![]));
    let state = fixture.settle(work).await;
    for hour in [5, 6, 2_000_000] {
        assert_eq!(RollupWork::next(&state, "r", at(hour), DAY), None);
    }
    assert_eq!(RollupWork::next(&state, "other", at(5), DAY), None);
}

#[tokio::test]
async fn windows_go_from_the_oldest_rows_on_and_skip_what_has_none() {
    let fixture = Fixture::new().await;
    fixture.add("s", span(3 * HOUR_NS + 5, 3 * HOUR_NS + 6)).await;
    let mut state = fixture.add("s", span(1000 * HOUR_NS + 1, 1030 * HOUR_NS)).await;
    let mut windows = Vec::new();
    while let Some(work) = RollupWork::next(&state, "r", at(5000), DAY) {
        windows.extend(work.window);
        state = fixture.settle(work).await;
    }
    // A day at most, of one mark each, and nothing twice.
    assert_eq!(windows, [hours(3, 4), hours(1000, 1024), hours(1024, 1031)]);
    assert_eq!(due(&state.rollups["r"], at(5000)), None);
}

#[tokio::test]
async fn bucket_that_has_not_settled_waits() {
    let fixture = Fixture::new().await;
    let state = fixture.add("s", span(0, 2 * HOUR_NS + 1)).await;
    let early = TimestampNs::from_ns(3 * HOUR_NS - 1);
    let work = RollupWork::next(&state, "r", early, DAY).unwrap();
    assert_eq!(work.window, Some(hours(0, 2)));
    let state = fixture.settle(work).await;
    assert_eq!(RollupWork::next(&state, "r", early, DAY), None);
    assert_eq!(due(&state.rollups["r"], early), None);
    assert_eq!(due(&state.rollups["r"], at(3)), Some(hours(2, 3)));
    assert_eq!(RollupWork::next(&state, "r", at(3), DAY).unwrap().window, Some(hours(2, 3)));
}

#[tokio::test]
async fn what_has_outlived_its_source_is_settled_without_being_read_or_replaced() {
    let fixture = Fixture::new().await;
    fixture.add("s", span(0, 10 * HOUR_NS)).await;
    fixture.add("t", span(0, 10 * HOUR_NS)).await;
    let tombstone = tidewell_manifest::Tombstone {
        id: fixture.env.write_id(),
        time: TimeBounds::ALL,
        tags: Vec::new(),
        version: Version::ZERO,
    };
    let state = fixture
        .commit(move |intent| Intent {
            tombstones: vec![(TableName::new("s").unwrap(), tombstone.clone())],
            time_floors: vec![(TableName::new("s").unwrap(), TimestampNs::from_ns(4 * HOUR_NS + 1))],
            ..intent
        })
        .await;
    let work = RollupWork::next(&state, "r", at(100), DAY).unwrap();
    // The bucket that is there in part only stays as it was, too.
    assert_eq!(work.window, Some(hours(5, 29)));
    assert!(work.done.contains(&span(i64::MIN, 5 * HOUR_NS - 1)), "{:?}", work.done);
    assert_eq!(work.replaced[0], hours(5, 29));
}

#[tokio::test]
async fn span_that_a_question_found_bounds_what_is_read() {
    let fixture = Fixture::new().await;
    let state = fixture.add("s", TimeBounds::ALL).await;
    let rows = Some(span(7 * HOUR_NS, 7 * HOUR_NS + 9));
    let work = RollupWork::next(&state, "r", at(100), Reach { rows, ..DAY }).unwrap();
    assert_eq!(work.window.unwrap().min, at(7));
    let state = fixture.settle(work).await;
    let rest = RollupWork::next(&state, "r", at(100), Reach { rows, ..DAY }).unwrap();
    assert_eq!(rest.window, None);
    assert_eq!(RollupWork::next(&*fixture.settle(rest).await, "r", at(100), Reach { rows, ..DAY }), None);
    assert!(is_span_known(&state, &state.rollups["r"].definition));
}

#[tokio::test]
async fn window_is_a_bucket_at_least() {
    let fixture = Fixture::new().await;
    let state = fixture.add("s", span(0, 10 * HOUR_NS)).await;
    let work = RollupWork::next(&state, "r", at(100), Reach { window_ms: 1, ..DAY }).unwrap();
    assert_eq!(work.window, Some(hours(0, 1)));
}

#[tokio::test]
async fn run_goes_on_from_where_it_is_and_leaves_what_came_behind_it() {
    let fixture = Fixture::new().await;
    let state = fixture.add("s", span(0, 50 * HOUR_NS)).await;
    let work = RollupWork::next(&state, "r", at(100), Reach { from: at(30), ..DAY }).unwrap();
    assert_eq!(work.window, Some(hours(30, 51)));
    let state = fixture.settle(work).await;
    // What has no rows is settled unread.
    let rest = RollupWork::next(&state, "r", at(100), Reach { from: at(51), ..DAY }).unwrap();
    assert_eq!((rest.window, rest.done), (None, vec![hours(51, 100)]));
    assert_eq!(RollupWork::next(&state, "r", at(100), DAY).unwrap().window, Some(hours(0, 24)));
}

#[tokio::test]
async fn bucket_that_begins_before_the_first_instant_is_settled_unread() {
    let fixture = Fixture::new().await;
    let state = fixture.add("s", TimeBounds::ALL).await;
    let work = RollupWork::next(&state, "r", at(100), DAY).unwrap();
    let first = state.rollups["r"].definition.first_whole(TimestampNs::MIN);
    assert_eq!(work.window.unwrap().min, first);
    assert_eq!(work.window.unwrap().max.as_ns(), first.as_ns() + 24 * HOUR_NS - 1);
}
