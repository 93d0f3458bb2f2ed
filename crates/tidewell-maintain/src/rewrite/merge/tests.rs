//! Merging: the higher rank wins field by field, and files end where they should.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tidewell_storage::Store;
use tidewell_types::TableSchema as Schema;

use super::*;
use crate::read::{Keep, OpenSegment};
use crate::rewrite::sample::{Answer, Row, database, merged, read_rows, schema, staged, table};

fn cut(rows_max: u64) -> Cut {
    Cut { encode: EncodeOptions::hot(), rows_max, is_digested: true }
}

/// The files that runs become, as their rows.
async fn files(store: &Store, runs: &[Vec<Row>], rows_max: u64) -> Vec<Vec<(i64, String, Option<f64>, Option<i64>)>> {
    let (_, manifest) = database().await;
    let (schema, mut open) = (Arc::new(schema()), Vec::new());
    for (rank, rows) in (1..).zip(runs) {
        let entry = Arc::new(staged(store, &manifest, rows, rank).await);
        let segment = OpenSegment::open(store, &entry, u64::MAX).await.unwrap();
        open.push(SegmentRows::new(segment, Keep::ALL, &schema.arrow()).unwrap());
    }
    let mut merge = Merge::new(&table(), &schema, open, cut(rows_max)).unwrap();
    let mut files = Vec::new();
    loop {
        match merge.step().unwrap() {
            Step::Output(output) => files.push(decoded(output, &schema)),
            Step::Done => return files,
            Step::Need { .. } => panic!("everything is at hand"),
        }
    }
}

fn decoded(output: Output, schema: &Schema) -> Vec<(i64, String, Option<f64>, Option<i64>)> {
    let entry = Arc::new(crate::rewrite::sample::entry(1, 1, (0, 1), 1));
    let name = crate::rewrite::sample::object(&entry);
    let segment = OpenSegment::of_body(entry, name, output.segment.bytes).unwrap();
    let mut rows = SegmentRows::new(segment, Keep::ALL, &schema.arrow()).unwrap();
    let mut batches = Vec::new();
    while let RowsStep::Batch(batch) = rows.step().unwrap() {
        batches.push(batch);
    }
    assert_eq!(output.digest, Some(RowDigest::of(&schema.arrow(), &batches).unwrap()));
    batches.iter().flat_map(read_rows).collect()
}

#[tokio::test]
async fn files_end_after_the_rows_that_they_may_have() {
    let (store, _) = database().await;
    let run = |host: &'static str| (0..20_000).map(|time| (time, host, Some(1.0), None)).collect::<Vec<Row>>();
    let runs = [run("a"), run("b")];
    let lens = |files: Vec<Vec<_>>| files.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(lens(files(&store, &runs, 1 << 30).await), [40_000]);
    let lens = lens(files(&store, &runs, 10_000).await);
    assert!(
        lens.len() >= 3 && lens[..lens.len() - 1].iter().all(|len| (10_000..10_000 + 8192).contains(len)),
        "{lens:?}"
    );
    assert_eq!(lens.iter().sum::<usize>(), 40_000);
}

#[tokio::test]
async fn nothing_makes_no_file() {
    let (store, _) = database().await;
    assert!(files(&store, &[], 10).await.is_empty());
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let host = prop_oneof![Just("a"), Just("b"), Just("")];
    let row = (0..6i64, host, proptest::option::of(0..9i32), proptest::option::of(0..9i64));
    proptest::collection::vec(row.prop_map(|(time, host, v, w)| (time, host, v.map(f64::from), w)), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn files_hold_what_the_runs_come_to(runs in proptest::collection::vec(rows(), 1..5), rows_max in 1..20u64) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let found = runtime.block_on(async {
            let (store, _) = database().await;
            files(&store, &runs, rows_max).await
        });
        let mut answer = Answer::new();
        for (time, host, v, w) in found.into_iter().flatten() {
            prop_assert!(answer.insert((host, time), (v, w)).is_none(), "an identity is in one file once");
        }
        prop_assert_eq!(answer, merged(runs.iter().flatten()));
    }
}
