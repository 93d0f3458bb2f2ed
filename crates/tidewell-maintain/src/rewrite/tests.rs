//! One rewrite: exact whatever others do meanwhile, whatever the store does, and wherever it dies.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::atomic::{AtomicBool, Ordering};

use tidewell_manifest::{GenerationChange, Restore};
use tidewell_storage::{Fault, Operation};
use tidewell_types::{Generation, GenerationState, TimestampNs};

use super::*;
use crate::rewrite::sample::{
    DAY_NS, Row, add, answer, author, commit, database, delete, env, live, merged, object, objects, open, table,
};

mod random;

const SHAPE: Shape = Shape { segment_bytes_target: 1 << 20, segment_rows_max: 1 << 20, inputs_max: 64 };

const FIRST: [Row; 3] = [(1, "a", Some(1.0), Some(1)), (2, "a", Some(1.0), None), (1, "b", Some(1.0), None)];
const SECOND: [Row; 2] = [(1, "a", Some(2.0), None), (2, "b", None, Some(2))];
const THIRD: [Row; 2] = [(2, "a", None, Some(3)), (1, "b", Some(3.0), None)];

fn rewriter(store: &Store, manifest: &Manifest, seed: u64) -> Rewriter {
    let env = env(seed);
    let writer = env.writer_id();
    let manifest = manifest.through(store.clone());
    Rewriter { store: store.clone(), env, manifest, writer, shape: SHAPE, is_verified: false }
}

async fn rewriter_of(store: &Store, seed: u64) -> Rewriter {
    let manifest = open(store, seed + 1000).await;
    rewriter(store, &manifest, seed)
}

/// A database with three segments that overlap.
async fn three() -> (Store, Manifest) {
    let (store, manifest) = database().await;
    for rows in [&FIRST[..], &SECOND, &THIRD] {
        add(&store, &manifest, rows).await;
    }
    (store, manifest)
}

fn expected() -> crate::rewrite::sample::Answer {
    merged(FIRST.iter().chain(&SECOND).chain(&THIRD))
}

/// A job for all live segments, as planned from the newest state.
async fn job(store: &Store) -> (Version, Job) {
    let inputs = live(store).await;
    (open(store, 77).await.version(), Job { inputs, tier: Tier::Hot, gain: 1 })
}

async fn run(rewriter: &Rewriter, planned: Version, job: &Job) -> Result<bool, MaintainError> {
    rewriter.rewrite(planned, job, &mut RewriteSummary::default()).await
}

async fn live_objects(store: &Store) -> Vec<String> {
    let mut objects: Vec<String> = live(store).await.iter().map(|segment| segment.entry.object.clone()).collect();
    objects.sort();
    objects
}

#[tokio::test(start_paused = true)]
async fn inputs_become_one_segment_of_their_highest_rank() {
    let (store, _) = three().await;
    let (planned, job) = job(&store).await;
    let ranks: Vec<Version> = job.inputs.iter().map(|input| input.entry.rank).collect();
    let rewriter = rewriter_of(&store, 3).await;
    let mut summary = RewriteSummary::default();
    let before = store.meter().snapshot();
    assert!(rewriter.rewrite(planned, &job, &mut summary).await.unwrap());
    let used = store.meter().snapshot() - before;
    // Find: two GETs. Inputs: three. Commit: three GETs and a PUT. Output: a PUT.
    assert_eq!((used.gets, used.puts, used.requests()), (2 + 3 + 3, 2, 10));
    let live = live(&store).await;
    assert_eq!((live.len(), live[0].entry.rank), (1, *ranks.last().unwrap()));
    assert!(live[0].entry.added > live[0].entry.rank);
    assert_eq!((summary.job_count, summary.segments_in, summary.segments_out), (1, 3, 1));
    assert_eq!((summary.rows_in, summary.rows_out), (7, 4));
    assert_eq!(summary.bytes_in, job.inputs.iter().map(|input| input.entry.file_bytes).sum::<u64>());
    assert_eq!(summary.bytes_out, live[0].entry.file_bytes);
    assert_eq!(answer(&store).await, expected());
    // A later write of the same points still wins.
    add(&store, &rewriter.manifest, &[(1, "a", Some(9.0), None)]).await;
    assert_eq!(answer(&store).await[&("a".to_owned(), 1)], (Some(9.0), Some(1)));
}

#[tokio::test(start_paused = true)]
async fn rows_are_deleted_by_the_rank_of_their_own_segment() {
    let (store, manifest) = database().await;
    add(&store, &manifest, &[(1, "a", Some(1.0), Some(1)), (5, "a", Some(1.0), None), (1, "b", Some(1.0), None)]).await;
    delete(&manifest, 1, (0, 3), &["a"]).await;
    add(&store, &manifest, &[(1, "a", Some(2.0), None)]).await;
    let before = answer(&store).await;
    assert_eq!(before[&("a".to_owned(), 1)], (Some(2.0), None), "what was deleted does not shine through");
    let deleted = delete(&manifest, 2, (5, 5), &[]).await;
    let before: crate::rewrite::sample::Answer = before.into_iter().filter(|((_, time), _)| *time != 5).collect();
    assert_eq!(answer(&store).await, before);
    let (planned, job) = job(&store).await;
    let mut summary = RewriteSummary::default();
    assert!(rewriter_of(&store, 3).await.rewrite(planned, &job, &mut summary).await.unwrap());
    assert_eq!((summary.rows_in, summary.rows_out), (4, 2));
    let live = live(&store).await;
    assert_eq!(live[0].entry.deletes_to, deleted);
    assert_eq!(answer(&store).await, before);
}

#[tokio::test(start_paused = true)]
async fn segment_without_rows_that_count_leaves_none() {
    let (store, manifest) = three().await;
    let floor = vec![(table(), TimestampNs::from_ns(2))];
    commit(&manifest, Intent { time_floors: floor, ..Intent::new(author()) }).await;
    delete(&manifest, 1, (2, 2), &[]).await;
    let (planned, job) = job(&store).await;
    assert!(run(&rewriter_of(&store, 3).await, planned, &job).await.unwrap());
    assert!(live(&store).await.is_empty() && answer(&store).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn rewrite_of_what_is_live_no_more_makes_nothing() {
    let (store, _) = three().await;
    let (planned, job) = job(&store).await;
    let (first, second) = (rewriter_of(&store, 3).await, rewriter_of(&store, 4).await);
    assert!(run(&first, planned, &job).await.unwrap());
    let before = store.meter().snapshot();
    assert!(!run(&second, planned, &job).await.unwrap());
    assert_eq!((store.meter().snapshot() - before).puts, 0);
    assert_eq!(answer(&store).await, expected());
}

/// lance #6607, #7207: a cleanup ran under long readers; rewrites that were cut off left 26 to 71 GB of orphans a day.
#[tokio::test(start_paused = true)]
async fn rewrite_that_loses_the_race_deletes_what_it_put() {
    let (store, _) = three().await;
    let (planned, job) = job(&store).await;
    let slow = store.with_faults(|attempted| match attempted.operation {
        Operation::Put if attempted.key.contains("/hot/") => Fault::Delay(Duration::from_secs(2)),
        _ => Fault::Pass,
    });
    let (slow, fast) = (rewriter_of(&slow, 3).await, rewriter_of(&store, 4).await);
    let (lost, won) = tokio::join!(run(&slow, planned, &job), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        run(&fast, planned, &job).await
    });
    assert!(!lost.unwrap() && won.unwrap());
    assert_eq!(answer(&store).await, expected());
    assert_eq!(objects(&store).await.len(), 3 + 1, "the inputs' and the winner's");
}

#[tokio::test(start_paused = true)]
async fn rewrite_that_dies_before_its_commit_changes_nothing() {
    let (store, _) = three().await;
    let (planned, job) = job(&store).await;
    let dying = store.with_faults(|attempted| match attempted.operation {
        Operation::Create if attempted.key.contains("/log/") => Fault::Hang,
        _ => Fault::Pass,
    });
    let dead = rewriter_of(&dying, 3).await;
    assert!(tokio::time::timeout(Duration::from_secs(1), run(&dead, planned, &job)).await.is_err());
    assert_eq!((objects(&store).await.len(), live_objects(&store).await.len()), (4, 3));
    assert_eq!(answer(&store).await, expected());
    assert!(run(&rewriter_of(&store, 4).await, planned, &job).await.unwrap());
    assert_eq!(answer(&store).await, expected());
}

#[tokio::test(start_paused = true)]
async fn rewrite_of_unknown_outcome_deletes_nothing() {
    for fault in [Fault::ApplyThenLose, Fault::FailBefore] {
        let (store, manifest) = three().await;
        let (planned, job) = job(&store).await;
        let record = manifest.layout().log(planned.next().unwrap()).to_string();
        let is_tried = AtomicBool::new(false);
        let faulty = store.with_faults(move |attempted| match attempted.operation {
            Operation::Create if attempted.key == record => {
                is_tried.store(true, Ordering::Relaxed);
                fault
            }
            Operation::Get if attempted.key == record && is_tried.load(Ordering::Relaxed) => Fault::FailBefore,
            _ => Fault::Pass,
        });
        let error = run(&rewriter_of(&faulty, 3).await, planned, &job).await.unwrap_err();
        assert!(matches!(error, MaintainError::Commit(CommitError::Unknown { .. })), "{error}");
        let objects_then = objects(&store).await;
        assert!(live_objects(&store).await.iter().all(|object| objects_then.contains(object)));
        assert_eq!((objects_then.len(), answer(&store).await), (4, expected()));
        // Whoever comes next finds out by what is live.
        let is_open = fault == Fault::FailBefore;
        assert_eq!(run(&rewriter_of(&store, 4).await, planned, &job).await.unwrap(), is_open, "{fault:?}");
        assert_eq!((live(&store).await.len(), answer(&store).await), (1, expected()), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn inputs_that_a_list_names_since_are_still_taken() {
    let (store, manifest) = three().await;
    let (planned, job) = job(&store).await;
    // The lists come while the rewrite is under way.
    let slow = store.with_faults(|attempted| match attempted.operation {
        Operation::Put if attempted.key.contains("/hot/") => Fault::Delay(Duration::from_secs(2)),
        _ => Fault::Pass,
    });
    let slow = rewriter_of(&slow, 3).await;
    let (done, lists) = tokio::join!(run(&slow, planned, &job), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let many: Vec<SegmentEntry> = many_entries(&store, &manifest).await;
        commit(&manifest, Intent { adds: many, ..Intent::new(author()) }).await;
        manifest.checkpoint(&manifest.state()).await.unwrap();
        slow.manifest.reload().await.unwrap().tables[&table()].segments.leaves().len()
    });
    assert!(done.unwrap() && lists > 0);
    let (old, other): (Vec<_>, Vec<_>) =
        live(&store).await.into_iter().partition(|one| one.entry.time.min.as_ns() < DAY_NS);
    assert_eq!((old.len(), other.len()), (1, 600));
    let of_them: crate::rewrite::sample::Answer =
        answer(&store).await.into_iter().filter(|((_, time), _)| *time < DAY_NS).collect();
    assert_eq!(of_them, expected());
}

/// More segments than a state keeps outside of lists; their object is one.
async fn many_entries(store: &Store, manifest: &Manifest) -> Vec<SegmentEntry> {
    let entry = crate::rewrite::sample::staged(store, manifest, &[(DAY_NS, "a", Some(1.0), None)], 0).await;
    let with_id = |number: u16| {
        let mut id = [7; 16];
        id[..2].copy_from_slice(&number.to_be_bytes());
        SegmentEntry { id: SegmentId::from_bytes(id), ..entry.clone() }
    };
    (0..600).map(with_id).collect()
}

#[tokio::test(start_paused = true)]
async fn plan_from_before_a_restore_is_void() {
    let (store, manifest) = three().await;
    let earlier = Restore::of(&manifest.state());
    let (planned, job) = job(&store).await;
    delete(&manifest, 1, (1, 1), &[]).await;
    commit(&manifest, Intent { restore: Some(earlier), ..Intent::new(author()) }).await;
    assert!(!run(&rewriter_of(&store, 3).await, planned, &job).await.unwrap());
    assert_eq!(answer(&store).await, expected());
    let intent = Intent::new(author());
    let refused = unless_restored(&manifest.state(), planned, intent.clone()).unwrap_err();
    assert!(matches!(refused, Refusal::SegmentGone(_)), "{refused}");
    assert!(unless_restored(&manifest.state(), manifest.version(), intent).unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn generation_that_ends_meanwhile_costs_the_work_and_no_more() {
    let (store, manifest) = three().await;
    let (planned, job) = job(&store).await;
    let slow = store.with_faults(|attempted| match attempted.operation {
        Operation::Put if attempted.key.contains("/hot/") => Fault::Delay(Duration::from_secs(2)),
        _ => Fault::Pass,
    });
    let slow = rewriter_of(&slow, 3).await;
    let seal = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let change = |generation, state, watermarks| GenerationChange { generation, state, watermarks };
        let next = Generation::new(1);
        let opened = vec![change(next, GenerationState::Open, None)];
        commit(&manifest, Intent { generations: opened, ..Intent::new(author()) }).await;
        let watermarks = Some(manifest.write_watermarks(&manifest.state(), Generation::ZERO).await.unwrap());
        let sealed = vec![change(Generation::ZERO, GenerationState::Sealed, watermarks)];
        let author = Author { generation: next, ..author() };
        commit(&manifest, Intent { generations: sealed, ..Intent::new(author) }).await;
    };
    let (lost, ()) = tokio::join!(run(&slow, planned, &job), seal);
    assert!(!lost.unwrap());
    assert_eq!((objects(&store).await.len(), answer(&store).await), (3, expected()));
    assert!(run(&rewriter_of(&store, 4).await, planned, &job).await.unwrap());
    assert!(live(&store).await[0].entry.object.contains("/hot/00000001/"));
    assert_eq!(answer(&store).await, expected());
}

/// thanos #564, #8464, #1331, #1525: blocks were deleted under readers; a marker went before its block; half a deletion
/// left a block that looked whole.
#[tokio::test(start_paused = true)]
async fn object_that_is_gone_is_a_lost_race_only_where_its_segment_is_live_no_more() {
    let (store, _) = three().await;
    let (planned, job) = job(&store).await;
    store.delete(&[object(&job.inputs[1].entry)]).await.unwrap();
    let error = run(&rewriter_of(&store, 3).await, planned, &job).await.unwrap_err();
    assert!(matches!(&error, MaintainError::Missing { object } if *object == job.inputs[1].entry.object), "{error}");
    // Compacted by another and collected, between the look at the state and the read.
    let (store, manifest) = three().await;
    let (planned, job) = self::job(&store).await;
    let slow = store.with_faults(|attempted| match attempted.operation {
        Operation::Get if attempted.key.contains("/hot/") => Fault::Delay(Duration::from_secs(2)),
        _ => Fault::Pass,
    });
    let (slow, fast) = (rewriter_of(&slow, 3).await, rewriter(&store, &manifest, 4));
    let (lost, ()) = tokio::join!(run(&slow, planned, &job), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(run(&fast, planned, &job).await.unwrap());
        let gone: Vec<_> = job.inputs.iter().map(|input| object(&input.entry)).collect();
        store.delete(&gone).await.unwrap();
    });
    assert!(!lost.unwrap());
    assert_eq!(answer(&store).await, expected());
}

#[tokio::test(start_paused = true)]
async fn damaged_input_is_named_and_nothing_is_written() {
    let (store, _) = three().await;
    let (planned, job) = job(&store).await;
    let name = object(&job.inputs[1].entry);
    let mut body = store.get(&name).await.unwrap().unwrap().to_vec();
    body[30] ^= 4;
    store.overwrite(&name, body.into()).await.unwrap();
    let error = run(&rewriter_of(&store, 3).await, planned, &job).await.unwrap_err();
    assert!(matches!(&error, MaintainError::Unreadable { object, .. } if *object == name.as_str()), "{error}");
    assert_eq!((objects(&store).await.len(), live(&store).await.len()), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn more_than_one_file_is_cut_by_time_and_read_in_parts() {
    let (store, manifest) = database().await;
    let rows = |from: i64| (from..from + 3000).map(|time| (time, "a", Some(time as f64 * 1.1), Some(time * 7919)));
    let (first, second): (Vec<Row>, Vec<Row>) =
        (rows(0).collect(), rows(1500).map(|row| (row.0, "b", row.2, None)).collect());
    add(&store, &manifest, &first).await;
    add(&store, &manifest, &second).await;
    let (planned, job) = job(&store).await;
    let bytes: u64 = job.inputs.iter().map(|input| input.entry.file_bytes).sum();
    // Inputs above twice the target are not read whole, so this reads ranges too.
    for target in [bytes.div_ceil(2) + 10, bytes / 3] {
        let shape = Shape { segment_bytes_target: target, ..SHAPE };
        let rewriter = Rewriter { shape, ..rewriter_of(&store, target).await };
        let (planned, job) = if target == bytes / 3 { self::job(&store).await } else { (planned, job.clone()) };
        assert!(run(&rewriter, planned, &job).await.unwrap());
        let live = live(&store).await;
        assert!((2..=4).contains(&live.len()), "{}", live.len());
        let mut spans: Vec<_> = live.iter().map(|segment| segment.entry.time).collect();
        spans.sort_by_key(|span| span.min);
        assert!(spans.windows(2).all(|pair| pair[0].max < pair[1].min), "{spans:?}");
        assert!(live.iter().all(|segment| segment.entry.rank == live[0].entry.rank));
        assert_eq!(answer(&store).await, merged(first.iter().chain(&second)));
    }
}

#[tokio::test(start_paused = true)]
async fn large_input_is_read_row_group_by_row_group() {
    let (store, manifest) = database().await;
    let rows: Vec<Row> = (0..500).map(|time| (time, "a", Some(time as f64), None)).collect();
    add(&store, &manifest, &rows).await;
    let (planned, job) = job(&store).await;
    let shape = Shape { segment_bytes_target: 1, ..SHAPE };
    let rewriter = Rewriter { shape, is_verified: true, ..rewriter_of(&store, 3).await };
    let before = store.meter().snapshot();
    assert!(run(&rewriter, planned, &job).await.unwrap());
    let used = store.meter().snapshot() - before;
    // Find: two. Input: its footer and its one row group. Each output read back. Commit: three.
    let live = live(&store).await;
    assert_eq!(used.gets, 2 + 2 + live.len() as u64 + 3);
    assert_eq!(answer(&store).await, merged(&rows));
}
