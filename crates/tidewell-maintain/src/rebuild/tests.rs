//! Rebuilds: the rows that lie in the bucket come back, the last write of each field wins, and nothing is doubled or lost.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray};
use parking_lot::Mutex;
use tidewell_buffer::Entry;
use tidewell_manifest::{Author, GenerationChange, Intent, ManifestError, SegmentEntry, State};
use tidewell_segment::{EncodeOptions, encode, sort_rows};
use tidewell_storage::{Fault, ObjectName, Operation, Tier};
use tidewell_types::{
    Batch, FieldType, GenerationState, Source, Stamp, TableRows, TableSchema, TimeBounds, WriteId, WriterId,
};
use tidewell_wal::{WalError, entry, object};

use super::*;
use crate::delete::{DeleteRequest, delete};
use crate::fold::FoldOutcome;
use crate::read_back::{
    DAY_NS, Rows, author, batch, commit, database, database_name, env, failing_after, keys, layout, log, memory,
    memory_of, one, open, plain, process, put_segment, rewrite, rows, span, stream, table,
};

const QUIET: OnProgress<'static> = &|_| {};

async fn run_with(store: &Store, options: &RebuildOptions) -> Result<RebuildSummary, MaintainError> {
    rebuild(store, &env(60), &database_name(), options, QUIET).await
}

async fn run(store: &Store) -> Result<RebuildSummary, MaintainError> {
    run_with(store, &RebuildOptions::default()).await
}

fn refusal(outcome: Result<RebuildSummary, MaintainError>) -> RebuildError {
    match outcome {
        Err(MaintainError::Rebuild(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// Somebody deleted everything but segments and log entries; `spared` is what they did not.
async fn lose_all_but(store: &Store, spared: &[&str]) {
    let root = layout().prefix();
    let all = keys(store, &root).await;
    let is_lost = |key: &&String| {
        let rest = key.strip_prefix(root.as_str()).unwrap();
        !["/hot/", "/cold/", "/wal/"].iter().chain(spared).any(|folder| rest.starts_with(folder))
    };
    let lost: Vec<ObjectName> = all.iter().filter(is_lost).map(|key| ObjectName::foreign(key).unwrap()).collect();
    store.delete(&lost).await.unwrap();
}

async fn lose(store: &Store) {
    lose_all_but(store, &[]).await;
}

fn row(time: i64, host: &str, v: Option<f64>, w: Option<i64>) -> Rows {
    [(("m".to_owned(), time, Some(host.to_owned())), (v, w))].into()
}

/// Three folds that write over each other, a rewrite of the first two, and an entry that no commit knows of.
async fn written_over() -> (Store, Rows) {
    let store = database().await;
    let process = process(&store, 3).await;
    log(&store, (1, 0, 10), "m", &[(1, Some("a"), Some(1.0), Some(1)), one(2)]).await;
    process.folder.fold().await.unwrap();
    log(&store, (1, 1, 11), "m", &[(1, Some("a"), Some(2.0), None)]).await;
    process.folder.fold().await.unwrap();
    rewrite(&store, &process, "m").await;
    log(&store, (2, 0, 5), "m", &[(1, Some("a"), None, Some(3)), one(DAY_NS)]).await;
    log(&store, (2, 1, 6), "n", &[one(1)]).await;
    process.folder.fold().await.unwrap();
    process.folder.fold().await.unwrap();
    log(&store, (1, 2, 12), "m", &[one(4)]).await;
    let mut expected = row(1, "a", Some(2.0), Some(3));
    expected.extend(plain([2, 4, DAY_NS]));
    expected.insert(("n".into(), 1, Some("a".into())), (Some(1.0), None));
    (store, expected)
}

#[tokio::test(start_paused = true)]
async fn rebuilt_database_has_every_row_and_goes_on() {
    let (store, expected) = written_over().await;
    let before = open(&store, 4).await.state();
    lose(&store).await;
    assert_eq!(open(&store, 5).await.version(), Version::ZERO);
    let summary = run(&store).await.unwrap();
    assert!(summary.is_committed);
    assert_eq!(rows(&store).await, expected);
    let tables: Vec<_> =
        summary.tables.iter().map(|table| (table.table.as_str(), table.segment_count, table.row_count)).collect();
    // The rewrite's inputs are there as well.
    assert_eq!(tables, [("m", 5, 2 + 1 + 2 + 2), ("n", 1, 1)]);
    assert_eq!((summary.damaged_count, summary.foreign_count, summary.log_gaps.len()), (0, 0, 0));

    let manifest = open(&store, 5).await;
    let state = manifest.state();
    assert_eq!((state.version, state.open_generation()), (summary.version, summary.generation));
    assert!(state.version.get() > before.version.get() + (1 << 31));
    assert_eq!(state.tables["m"].schema, before.tables["m"].schema);
    // What the manifest says of a segment is what it said before.
    let live = manifest.select(&state.tables["m"].segments, &TimeBounds::ALL).await.unwrap();
    for old in before.tables["m"].segments.fresh() {
        let new = live.iter().map(|segment| &segment.entry).find(|entry| entry.id == old.id).unwrap();
        assert_eq!(new.rank, old.rank);
        assert_eq!(**new, SegmentEntry { added: new.added, ..(**old).clone() });
    }

    // What is written from now on wins, folded, compacted or rebuilt once more.
    let process = process(&store, 6).await;
    assert_eq!(process.folder.fold().await.unwrap().outcome, FoldOutcome::Empty);
    log(&store, (9, 0, 1), "m", &[(1, Some("a"), Some(9.0), None)]).await;
    process.folder.fold().await.unwrap();
    let mut after = expected.clone();
    after.extend(row(1, "a", Some(9.0), Some(3)));
    assert_eq!(rows(&store).await, after);
    let objects = keys(&store, &layout().segment_prefix(Tier::Hot)).await;
    assert_eq!(objects.iter().filter(|key| key.contains(&format!("/{:08}/", summary.generation.get()))).count(), 2);
    rewrite(&store, &process, "m").await;
    assert_eq!(rows(&store).await, after);
    lose(&store).await;
    let again = run(&store).await.unwrap();
    assert!(again.version > summary.version && again.generation > summary.generation);
    assert_eq!(rows(&store).await, after);
}

#[tokio::test(start_paused = true)]
async fn rebuild_where_only_the_log_was_lost_starts_above_what_is_left() {
    let (store, expected) = written_over().await;
    let manifest = open(&store, 4).await;
    let state = manifest.state();
    manifest.checkpoint(&state).await.unwrap();
    manifest.raise_floor(Version::new(3)).await.unwrap();
    let newer = commit(&manifest, Intent::new(author())).await;
    let far = tidewell_manifest::State { version: Version::new(5_000), ..(*newer).clone() };
    manifest.write_checkpoint(&far).await.unwrap();
    lose_all_but(&store, &["/ckpt/", "/hint", "/floor", "/idx/", "/gen/"]).await;
    let summary = run(&store).await.unwrap();
    assert!(summary.version.get() > 5_000);
    assert_eq!(rows(&store).await, expected);
    // Whether the hint points to the old checkpoint or is gone.
    store.delete(&[layout().hint()]).await.unwrap();
    assert_eq!(open(&store, 5).await.version(), summary.version);
}

#[tokio::test(start_paused = true)]
async fn rows_that_were_deleted_come_back_and_the_summary_says_so() {
    let store = database().await;
    let process = process(&store, 3).await;
    log(&store, (1, 0, 10), "m", &[one(1), one(2)]).await;
    let request = DeleteRequest { tables: None, time: span(1, 1), tags: Vec::new() };
    delete(&process.folder, &process.manifest, &process.env, process.writer, request.clone()).await.unwrap();
    rewrite(&store, &process, "m").await;
    assert_eq!(rows(&store).await, plain([2]));
    lose(&store).await;
    let summary = run(&store).await.unwrap();
    assert!(
        summary.notes()[0].contains("deleted") && summary.notes()[0].contains("retention"),
        "{:?}",
        summary.notes()
    );
    assert_eq!(rows(&store).await, plain([1, 2]));
    let process = crate::read_back::process(&store, 4).await;
    delete(&process.folder, &process.manifest, &process.env, process.writer, request).await.unwrap();
    assert_eq!(rows(&store).await, plain([2]));
}

#[tokio::test(start_paused = true)]
async fn rebuild_is_refused_where_there_is_a_commit_or_nothing() {
    let (store, _) = written_over().await;
    let version = open(&store, 4).await.version();
    let before = store.meter().snapshot();
    let error = refusal(run(&store).await);
    assert!(matches!(error, RebuildError::HasCommits { version: found, .. } if found == version), "{error}");
    assert_eq!((store.meter().snapshot() - before).requests(), 1);
    // A single record that nobody can use is one too many: it may be restored to.
    lose(&store).await;
    store.put(&layout().log(Version::new(77)), "x".into()).await.unwrap();
    let error = refusal(run(&store).await);
    assert!(matches!(error, RebuildError::HasCommits { version: Version { .. }, .. }), "{error}");
    let error = refusal(run(&memory()).await);
    assert!(matches!(error, RebuildError::Empty { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn dry_run_says_the_same_and_writes_nothing() {
    let (store, expected) = written_over().await;
    lose(&store).await;
    let before = store.meter().snapshot();
    let all = keys(&store, &tidewell_storage::Prefix::root()).await;
    let dry = run_with(&store, &RebuildOptions { is_dry_run: true, ..RebuildOptions::default() }).await.unwrap();
    let used = store.meter().snapshot() - before;
    assert_eq!((used.puts, used.deletes, dry.is_committed), (0, 0, false));
    assert_eq!(keys(&store, &tidewell_storage::Prefix::root()).await, all);
    let real = run(&store).await.unwrap();
    assert_eq!(real, RebuildSummary { is_committed: true, ..dry });
    assert_eq!(rows(&store).await, expected);
}

#[tokio::test(start_paused = true)]
async fn rebuild_tells_of_its_progress() {
    let (store, _) = written_over().await;
    lose(&store).await;
    let steps = Mutex::new(Vec::new());
    let note = |step: Progress| steps.lock().push(step);
    rebuild(&store, &env(60), &database_name(), &RebuildOptions::default(), &note).await.unwrap();
    let steps = steps.into_inner();
    assert_eq!(steps.iter().map(|step| step.done_count).collect::<Vec<_>>(), (1..=6).collect::<Vec<_>>());
    assert!(steps.iter().all(|step| step.object_count == 6) && steps[5].read_bytes > 3_000, "{steps:?}");
}

#[tokio::test(start_paused = true)]
async fn rebuild_interrupted_anywhere_has_no_database_or_all_of_it() {
    for nth in 1..20 {
        let (store, expected) = written_over().await;
        lose(&store).await;
        let outcome = run(&failing_after(&store, nth)).await;
        if open(&store, 5).await.version() == Version::ZERO {
            assert!(outcome.is_err());
            run(&store).await.unwrap();
        }
        assert_eq!(rows(&store).await, expected, "{nth}");
        if outcome.is_ok() {
            assert!(nth > 5);
            return;
        }
    }
    panic!("it never succeeds");
}

#[tokio::test(start_paused = true)]
async fn rebuild_whose_answers_are_lost_is_whole() {
    for fault in [Fault::ApplyThenLose, Fault::FailBefore, Fault::Conflict409] {
        let (store, expected) = written_over().await;
        lose(&store).await;
        let faulty = store.with_faults(move |attempted| match attempted.operation {
            Operation::Create | Operation::Replace if attempted.attempt == 1 => fault,
            _ => Fault::Pass,
        });
        run(&faulty).await.unwrap();
        assert_eq!(rows(&store).await, expected, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn two_rebuilds_at_once_leave_one_database() {
    for seed in 0..6 {
        let (store, expected) = written_over().await;
        lose(&store).await;
        let (a, b) = (crate::read_back::jittery(&store, seed), crate::read_back::jittery(&store, seed * 5 + 1));
        let options = RebuildOptions::default();
        let name = database_name();
        let (one, other) = (env(70), env(71));
        let outcomes =
            tokio::join!(rebuild(&a, &one, &name, &options, QUIET), rebuild(&b, &other, &name, &options, QUIET));
        let outcomes = [outcomes.0, outcomes.1];
        assert!(outcomes.iter().any(Result::is_ok), "{outcomes:?}");
        for error in outcomes.into_iter().filter_map(Result::err) {
            let is_late =
                matches!(error, MaintainError::Rebuild(RebuildError::Plant(_) | RebuildError::HasCommits { .. }));
            assert!(is_late, "{error}");
        }
        assert_eq!(rows(&store).await, expected, "{seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn processes_that_believe_in_the_lost_chain_lose_no_row() {
    let store = database().await;
    let late = process(&store, 3).await;
    log(&store, (1, 0, 10), "m", &[one(1)]).await;
    late.folder.fold().await.unwrap();
    log(&store, (1, 1, 11), "m", &[one(2)]).await;
    lose(&store).await;
    run(&store).await.unwrap();
    assert_eq!(rows(&store).await, plain([1, 2]));
    // A writer goes on in its stream, and a folder finds the new chain.
    log(&store, (1, 2, 12), "m", &[one(3)]).await;
    late.folder.fold().await.unwrap();
    assert_eq!(rows(&store).await, plain([1, 2, 3]));
    assert_eq!(*late.manifest.state(), *open(&store, 5).await.state());
}

#[tokio::test(start_paused = true)]
async fn segments_that_do_not_say_when_they_were_written_come_first_by_name() {
    let store = memory();
    let env = env(3);
    let put = async |generation: u32, time: i64, v: f64, w: Option<i64>, rank: u64| {
        let options = EncodeOptions::hot().ranked(Version::new(rank));
        put_segment(&store, &env, "m", batch(&[(time, Some("a"), Some(v), w)]), (generation, options)).await
    };
    // Generations sort by name; within one, of the same row any may win, but always the same.
    put(1, 1, 10.0, Some(1), 0).await;
    put(2, 1, 20.0, None, 0).await;
    put(0, 1, 30.0, Some(7), 0).await;
    put(3, 2, 1.0, None, 0).await;
    put(0, 2, 2.0, None, 5).await;
    put(0, 2, 3.0, None, 4).await;
    let summary = run(&store).await.unwrap();
    assert_eq!(summary.tables[0].unranked_count, 4);
    assert!(summary.notes().iter().any(|note| note.starts_with("4 segments")), "{:?}", summary.notes());
    let mut expected = row(1, "a", Some(20.0), Some(1));
    expected.extend(row(2, "a", Some(2.0), None));
    assert_eq!(rows(&store).await, expected);
    assert_eq!(summary.generation, Generation::new(4));
}

#[tokio::test(start_paused = true)]
async fn every_generation_that_was_ever_named_stays_open_and_is_never_named_under_again() {
    let store = database().await;
    let manifest = open(&store, 4).await;
    let env = env(9);
    put_segment(&store, &env, "m", batch(&[one(1)]), (3, EncodeOptions::hot())).await;
    store.put(&layout().leaf(Generation::new(8), env.write_id()), "x".into()).await.unwrap();
    store.put(&layout().watermarks(Generation::new(11), env.write_id()), "x".into()).await.unwrap();
    drop(manifest);
    lose_all_but(&store, &["/idx/", "/gen/"]).await;
    let summary = run(&store).await.unwrap();
    assert_eq!(summary.generation, Generation::new(12));
    let state = open(&store, 5).await.state();
    let known: Vec<_> = state.generations.iter().map(|(generation, entry)| (generation.get(), entry.state)).collect();
    assert_eq!(known, [3, 8, 11, 12].map(|generation| (generation, GenerationState::Open)));
    assert_eq!(state.open_generation(), Generation::new(12));
    // They are sealed as any other, one after the other.
    let change = |state| GenerationChange { generation: Generation::new(3), state, watermarks: None };
    let generations = vec![change(GenerationState::Sealing), change(GenerationState::Sealed)];
    let author = Author { generation: Generation::new(12), writer: WriterId::from_bytes([1; 16]) };
    commit(&open(&store, 6).await, Intent { generations, ..Intent::new(author) }).await;
    assert_eq!(rows(&store).await, plain([1]));
}

fn wide(tags: &[&str], fields: &[(&str, FieldType)]) -> TableSchema {
    let mut schema = TableSchema::new();
    for tag in tags {
        schema.add_tag(tag).unwrap();
    }
    for (name, field_type) in fields {
        schema.add_field(name, *field_type).unwrap();
    }
    schema
}

/// Puts a segment of one row with integer field `v`, or what `schema` says it is.
async fn put_of(store: &Store, name: &str, schema: &TableSchema, seed: u64) -> String {
    let v: ArrayRef = match schema.fields().get("v") {
        Some(FieldType::String) => Arc::new(StringArray::from(vec!["x"])),
        _ => Arc::new(Int64Array::from(vec![1])),
    };
    let time: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![seed as i64]));
    let rows = RecordBatch::try_from_iter([("time", time), ("v", v)]).unwrap();
    let sorted = sort_rows(schema, &[rows]).unwrap();
    let segment = encode(&table(name), schema, &sorted, &EncodeOptions::hot()).unwrap();
    let object = layout().segment(Tier::Hot, Generation::ZERO, &table(name), 0, env(seed).segment_id());
    store.put(&object, segment.bytes).await.unwrap();
    object.to_string()
}

#[tokio::test(start_paused = true)]
async fn columns_come_from_all_segments_in_the_order_of_their_sorting() {
    use FieldType::{Float, Integer};
    let store = memory();
    put_of(&store, "m", &wide(&["b", "a", "c"], &[("v", Integer)]), 1).await;
    put_of(&store, "m", &wide(&["b"], &[("v", Integer), ("x", Float)]), 2).await;
    put_of(&store, "m", &wide(&[], &[("v", Integer)]), 3).await;
    put_of(&store, "m", &wide(&["b", "a"], &[("v", Integer), ("y", Float)]), 4).await;
    run(&store).await.unwrap();
    let state = open(&store, 5).await.state();
    assert_eq!(*state.tables["m"].schema, wide(&["b", "a", "c"], &[("v", Integer), ("x", Float), ("y", Float)]));
}

#[tokio::test(start_paused = true)]
async fn segments_that_contradict_each_other_are_named() {
    use FieldType::{Integer, String};
    for (a, b) in [
        (wide(&["a", "b"], &[("v", Integer)]), wide(&["b"], &[("v", Integer)])),
        (wide(&["a"], &[("v", Integer)]), wide(&["a"], &[("v", String)])),
        (wide(&["v2"], &[("v", Integer)]), wide(&[], &[("v", Integer), ("v2", Integer)])),
    ] {
        let store = memory();
        let objects = [put_of(&store, "m", &a, 1).await, put_of(&store, "m", &b, 2).await];
        put_of(&store, "o", &a, 3).await;
        let RebuildError::Conflict { table, first, second, problem } = refusal(run(&store).await) else {
            panic!("{a:?} {b:?}");
        };
        let mut named = [first, second];
        named.sort();
        let mut objects = objects;
        objects.sort();
        assert_eq!((table.as_str(), named), ("m", objects), "{problem}");
        assert_eq!(open(&store, 5).await.version(), Version::ZERO);
    }
    let store = memory();
    put_of(&store, "m", &wide(&["host"], &[("v", Integer)]), 1).await;
    let one = keys(&store, &layout().segment_prefix(Tier::Hot)).await.remove(0);
    let copy = one.replace("/00000000/", "/00000001/");
    let body = store.get(&ObjectName::foreign(&one).unwrap()).await.unwrap().unwrap();
    store.put(&ObjectName::foreign(&copy).unwrap(), body).await.unwrap();
    let error = refusal(run(&store).await);
    assert!(
        matches!(&error, RebuildError::Conflict { first, second, .. } if *first == one && *second == copy),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn objects_that_cannot_be_read_are_named_and_left_out_on_request() {
    let store = database().await;
    log(&store, (1, 0, 10), "m", &[one(1), one(DAY_NS)]).await;
    process(&store, 3).await.folder.fold().await.unwrap();
    let objects = keys(&store, &layout().segment_prefix(Tier::Hot)).await;
    let good = ObjectName::foreign(&objects[0]).unwrap();
    let body = store.get(&good).await.unwrap().unwrap();
    let put = async |name: &str, body: bytes::Bytes| {
        store.put(&ObjectName::foreign(name).unwrap(), body).await.unwrap();
        name.to_owned()
    };
    let cut = put(&objects[0].replace("/m/", "/cut/"), body.slice(..body.len() - 9)).await;
    let moved = put(&objects[0].replace("/m/", "/n/"), body.clone()).await;
    let folder = layout().segment_prefix(Tier::Cold);
    let parquet = put(&format!("{folder}/00000000/m/1970-01-01/{}.parquet", "0".repeat(32)), "x".into()).await;
    put(&format!("{folder}/notes.txt"), "x".into()).await;
    lose(&store).await;

    let error = refusal(run(&store).await);
    assert!(matches!(&error, RebuildError::Damaged { count: 3, object, .. } if *object == cut), "{error}");
    for is_dry_run in [true, false] {
        let options = RebuildOptions { is_dry_run, leaves_damaged_out: !is_dry_run, ..RebuildOptions::default() };
        let summary = run_with(&store, &options).await.unwrap();
        let damaged: Vec<&String> = summary.damaged.iter().map(|damaged| &damaged.object).collect();
        assert_eq!((damaged, summary.damaged_count), (vec![&cut, &moved, &parquet], 3));
        assert!(summary.damaged[1].problem.contains("folder of another"), "{:?}", summary.damaged);
        assert_eq!((summary.foreign_count, summary.is_committed), (1, !is_dry_run));
        assert!(summary.notes().iter().any(|note| note.starts_with("3 objects cannot be read")));
    }
    assert_eq!(rows(&store).await, plain([1, DAY_NS]));
    // Left out is not deleted.
    assert!(store.get(&ObjectName::foreign(&cut).unwrap()).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn segment_that_goes_away_meanwhile_stops_the_rebuild() {
    let (store, _) = written_over().await;
    lose(&store).await;
    let slow = store.with_faults(|attempted| match attempted.operation {
        Operation::Get if attempted.key.contains("/hot/") => Fault::Delay(Duration::from_secs(5)),
        _ => Fault::Pass,
    });
    let gone = keys(&store, &layout().segment_prefix(Tier::Hot)).await.remove(2);
    let deleting = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        store.delete(&[ObjectName::foreign(&gone).unwrap()]).await.unwrap();
    };
    let (outcome, ()) = tokio::join!(run(&slow), deleting);
    let error = refusal(outcome);
    assert!(matches!(&error, RebuildError::Vanished { object } if *object == gone), "{error}");
}

#[tokio::test(start_paused = true)]
async fn log_is_taken_as_written_last_whether_it_was_folded_or_not() {
    let store = database().await;
    let process = process(&store, 3).await;
    log(&store, (1, 0, 10), "m", &[(1, Some("a"), Some(1.0), None)]).await;
    log(&store, (1, 1, 12), "m", &[(1, Some("a"), Some(2.0), None)]).await;
    log(&store, (2, 0, 11), "m", &[(1, Some("a"), Some(3.0), Some(3))]).await;
    // Folded, and still there for readers.
    process.folder.fold().await.unwrap();
    assert_eq!(keys(&store, &layout().wal_prefix()).await.len(), 3);
    log(&store, (2, 1, 13), "m", &[(1, Some("a"), None, Some(4)), one(5)]).await;
    let expected = rows(&store).await;
    lose(&store).await;
    let summary = run(&store).await.unwrap();
    assert_eq!((summary.log_entry_count, summary.log_row_count, summary.log_gaps.len()), (4, 5, 0));
    let mut after = row(1, "a", Some(2.0), Some(4));
    after.extend(plain([5]));
    assert_eq!(expected, row(1, "a", Some(2.0), Some(3)));
    assert_eq!(rows(&store).await, after);
    let state = open(&store, 5).await.state();
    assert_eq!((state.streams[&stream(1)].get(), state.streams[&stream(2)].get()), (2, 2));
    assert_eq!(state.stamp_max, Stamp::from_ns(13));
    // The next fold finds nothing and lets the entries go.
    let process = crate::read_back::process(&store, 6).await;
    assert_eq!(process.folder.fold().await.unwrap().outcome, FoldOutcome::Empty);
    assert!(keys(&store, &layout().wal_prefix()).await.is_empty());
    assert_eq!(rows(&store).await, after);
}

#[tokio::test(start_paused = true)]
async fn log_with_gaps_loses_no_row_and_the_gaps_are_told() {
    let store = database().await;
    for (seq, time) in [(3, 1), (4, 2), (7, 3), (8, 4), (12, 5)] {
        log(&store, (1, seq, 100 + seq), "m", &[one(time)]).await;
    }
    log(&store, (2, 5, 50), "m", &[one(6)]).await;
    lose(&store).await;
    let summary = run(&store).await.unwrap();
    let gap = |from, to| LogGap { stream: stream(1), from: Seq::new(from), to: Seq::new(to) };
    assert_eq!(summary.log_gaps, [gap(5, 7), gap(9, 12)]);
    assert!(summary.notes().iter().any(|note| note.starts_with("2 gaps")), "{:?}", summary.notes());
    assert_eq!(rows(&store).await, plain(1..=6));
    let state = open(&store, 5).await.state();
    assert_eq!((state.streams[&stream(1)].get(), state.streams[&stream(2)].get()), (13, 6));
}

/// Logs one row of a table that has a tag and a field of its own.
async fn log_new(store: &Store, name: &str, seq: u64, v: ArrayRef) {
    let rack: arrow_array::DictionaryArray<arrow_array::types::Int32Type> = [Some("r")].into_iter().collect();
    let time: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![1]));
    let rows = RecordBatch::try_from_iter([("rack", Arc::new(rack) as ArrayRef), ("time", time), ("v", v)]).unwrap();
    let source = Source::Objects(stream(5));
    let batch = Batch { tables: vec![TableRows { table: table(name), rows }] };
    let entry = Entry { source, seq: Seq::new(seq), stamp: Stamp::from_ns(1 + seq), batch, tokens: Vec::new() };
    let write_id = WriteId::from_bytes([9; 16]);
    let body = entry::encode(&entry, write_id).unwrap();
    object::append(store, &layout(), stream(5), Seq::new(seq), body, write_id).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn columns_and_tables_that_only_the_log_knows_are_taken_from_it() {
    let store = database().await;
    log(&store, (1, 0, 10), "m", &[one(1)]).await;
    process(&store, 3).await.folder.fold().await.unwrap();
    log_new(&store, "m", 0, Arc::new(arrow_array::Float64Array::from(vec![2.0]))).await;
    log_new(&store, "new", 1, Arc::new(StringArray::from(vec!["x"]))).await;
    lose(&store).await;
    let summary = run(&store).await.unwrap();
    assert_eq!(summary.tables.len(), 1);
    let state = open(&store, 5).await.state();
    let tags = |name: &str| state.tables[name].schema.tags().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!((tags("m"), tags("new")), (vec!["host".into(), "rack".into()], vec!["rack".to_owned()]));
    assert_eq!(state.tables["new"].schema.fields()["v"], FieldType::String);
    assert_eq!(state.totals().row_count, 1 + 1 + 1 + 1);

    // A log that contradicts a segment names both.
    let store = database().await;
    log(&store, (1, 0, 10), "m", &[one(1)]).await;
    process(&store, 3).await.folder.fold().await.unwrap();
    log_new(&store, "m", 0, Arc::new(StringArray::from(vec!["x"]))).await;
    lose(&store).await;
    let RebuildError::Conflict { first, second, .. } = refusal(run(&store).await) else { panic!() };
    assert!(first.contains("/hot/") && second.contains("/wal/"), "{first} {second}");
}

#[tokio::test(start_paused = true)]
async fn log_that_cannot_be_taken_stops_the_rebuild() {
    let (store, expected) = written_over().await;
    lose(&store).await;
    let error = refusal(run_with(&store, &RebuildOptions { log_bytes_max: 10, ..RebuildOptions::default() }).await);
    assert!(matches!(error, RebuildError::LogTooLarge { bytes_max: 10, .. }), "{error}");
    let entries = keys(&store, &layout().wal_prefix()).await;
    let name = ObjectName::foreign(&entries[0]).unwrap();
    let mut body = store.get(&name).await.unwrap().unwrap().to_vec();
    body[40] ^= 1;
    store.overwrite(&name, body.into()).await.unwrap();
    let error = run(&store).await.unwrap_err();
    assert!(matches!(&error, MaintainError::Wal(WalError::Damaged { what, .. }) if *what == entries[0]), "{error}");
    // Moved away, it is a gap like any other.
    store.delete(&[name]).await.unwrap();
    run(&store).await.unwrap();
    assert!(rows(&store).await.len() >= expected.len() - 1);
}

#[tokio::test(start_paused = true)]
async fn local_logs_go_on_where_they_begin() {
    let (store, _) = written_over().await;
    lose(&store).await;
    let node = NodeId::from_bytes([6; 16]);
    let options = RebuildOptions { local_logs: vec![(node, Seq::new(41))], ..RebuildOptions::default() };
    run_with(&store, &options).await.unwrap();
    let manifest = open(&store, 5).await;
    let attaches = vec![tidewell_manifest::Attach { node, epoch: 1 }];
    let state = commit(&manifest, Intent { attaches, ..Intent::new(author()) }).await;
    assert_eq!((state.nodes[&node].epoch, state.nodes[&node].applied), (1, Seq::new(41)));
}

#[tokio::test(start_paused = true)]
async fn database_of_many_segments_is_rebuilt_into_lists() {
    let store = memory_of(3);
    let env = env(4);
    for day in 0..540 {
        let options = EncodeOptions::hot().ranked(Version::new(1 + day as u64 % 7));
        put_segment(&store, &env, "m", batch(&[one(day * DAY_NS)]), (0, options)).await;
    }
    let summary = run(&store).await.unwrap();
    assert_eq!(summary.tables[0].segment_count, 540);
    let manifest = open(&store, 5).await;
    let state = manifest.state();
    assert_eq!((state.tables["m"].segments.leaves().len(), state.tables["m"].segments.fresh().len()), (1, 0));
    assert_eq!(rows(&store).await, plain((0..540).map(|day| day * DAY_NS)));
    let live = manifest.select(&state.tables["m"].segments, &TimeBounds::ALL).await.unwrap();
    assert!(live.windows(2).all(|pair| pair[0].entry.rank <= pair[1].entry.rank));
    assert!(live.iter().all(|segment| segment.entry.added == summary.version));
}

#[tokio::test(start_paused = true)]
async fn rebuilt_database_can_be_backed_up_and_named() {
    let (store, expected) = written_over().await;
    lose(&store).await;
    run(&store).await.unwrap();
    let target = memory();
    let process = process(&store, 8).await;
    crate::snapshot::create(&process.folder, &process.manifest, &process.env, process.writer, "s").await.unwrap();
    let job = crate::backup::Backup {
        folder: &process.folder,
        manifest: &process.manifest,
        source: &store,
        target: &target,
        env: &process.env,
        writer: process.writer,
    };
    crate::backup::backup(&job, crate::backup::BackupOptions::default(), &|_| {}).await.unwrap();
    assert_eq!(rows(&target).await, expected);
    let state: State = crate::snapshot::open(&process.manifest, "s").await.unwrap();
    assert_eq!(crate::read_back::rows_of(&store, &process.manifest, &state).await, expected);
    assert!(!matches!(process.manifest.catch_up().await, Err(ManifestError::Inconsistent { .. })));
}
