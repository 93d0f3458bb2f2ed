//! Tests of merging.
#![allow(clippy::unwrap_used)]

use std::collections::VecDeque;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use proptest::prelude::*;

use super::{MergeStep, Merger};
use crate::dictionary::tag_array;
use crate::sample::{Row, any_batches, batch, model, projected, row, rows, schema, sparse_batch};
use crate::{MergeKey, SegmentError, conform, sort_rows};

/// Merges runs of batches, feeding only what is asked for.
fn merge(schema_out: &SchemaRef, mut runs: Vec<VecDeque<RecordBatch>>, batch_rows: usize) -> Vec<RecordBatch> {
    let mut merger = Merger::new(&MergeKey::new(&schema()), schema_out.clone(), runs.len(), batch_rows).unwrap();
    let mut out = Vec::new();
    loop {
        match merger.step().unwrap() {
            MergeStep::Need(run) => match runs[run].pop_front() {
                Some(batch) => merger.push(run, batch).unwrap(),
                None => merger.finish(run),
            },
            MergeStep::Batch(batch) => {
                assert!((1..=batch_rows).contains(&batch.num_rows()));
                assert_eq!(&batch.schema(), schema_out);
                out.push(batch);
            }
            MergeStep::Done => return out,
        }
    }
}

fn cut(sorted: &RecordBatch, piece_rows: usize) -> VecDeque<RecordBatch> {
    let starts = (0..sorted.num_rows()).step_by(piece_rows);
    starts.map(|start| sorted.slice(start, piece_rows.min(sorted.num_rows() - start))).collect()
}

fn all_rows(batches: &[RecordBatch]) -> Vec<Row> {
    batches.iter().flat_map(rows).collect()
}

proptest! {
    #[test]
    fn merger_sorted_runs_equal_sorting_them_together(
        runs in any_batches(),
        piece_rows in 1_usize..20,
        batch_rows in 1_usize..30,
    ) {
        let sorted: Vec<RecordBatch> =
            runs.iter().map(|run| sort_rows(&schema(), &[sparse_batch(run)]).unwrap()).collect();
        let pieces = sorted.iter().map(|run| cut(run, piece_rows)).collect();
        let merged = merge(&schema().arrow(), pieces, batch_rows);
        prop_assert_eq!(all_rows(&merged), model(&runs.concat()));
        let together = sort_rows(&schema(), &sorted).unwrap();
        prop_assert_eq!(all_rows(&merged), rows(&together));
    }

    #[test]
    fn merger_projected_columns_equal_the_projected_model(runs in any_batches(), batch_rows in 1_usize..30) {
        let wanted = projected(&["time", "string", "region", "host", "float"]);
        let sorted = runs.iter().map(|run| sort_rows(&schema(), &[sparse_batch(run)]).unwrap());
        let pieces = sorted.map(|run| cut(&conform(&wanted, &run).unwrap(), 7)).collect();
        let expected = conform(&wanted, &batch(&model(&runs.concat()))).unwrap();
        prop_assert_eq!(all_rows(&merge(&wanted, pieces, batch_rows)), rows(&expected));
    }
}

#[test]
fn merger_disjoint_runs_come_out_one_after_the_other() {
    let run = |region: &str| -> Vec<Row> { (0..100).map(|time| row(region, "a", time, time as f64)).collect() };
    let runs = vec![cut(&batch(&run("b")), 40), cut(&batch(&run("a")), 40)];
    let expected: Vec<Row> = run("a").into_iter().chain(run("b")).collect();
    assert_eq!(all_rows(&merge(&schema().arrow(), runs, 30)), expected);
}

#[test]
fn merger_equal_runs_give_each_row_once() {
    let run: Vec<Row> = (0..50).map(|time| row("eu", "a", time, time as f64)).collect();
    let runs = (1..4).map(|piece_rows| cut(&batch(&run), piece_rows)).collect();
    assert_eq!(all_rows(&merge(&schema().arrow(), runs, 8)), run);
}

#[test]
fn merger_single_run_passes_through_in_pieces() {
    let run: Vec<Row> = (0..50).map(|time| row("eu", "a", time, time as f64)).collect();
    let out = merge(&schema().arrow(), vec![cut(&batch(&run), 20)], 8);
    assert_eq!(all_rows(&out), run);
}

#[test]
fn merger_output_dictionary_holds_only_its_own_values() {
    let run = |odd: usize| -> Vec<Row> {
        (0..4000).filter(|host| host % 2 == odd).map(|host| row("eu", &format!("{host:05}"), 0, 1.0)).collect()
    };
    let runs = vec![VecDeque::from([batch(&run(0))]), VecDeque::from([batch(&run(1))])];
    for out in merge(&schema().arrow(), runs, 100) {
        let hosts = tag_array(out.column_by_name("host").unwrap()).unwrap();
        assert!(hosts.values().len() <= 1024, "{}", hosts.values().len());
    }
}

#[test]
fn merger_unsorted_run_is_refused() {
    let unsorted = [row("eu", "b", 1, 1.0), row("eu", "a", 1, 1.0)];
    let mut merger = Merger::new(&MergeKey::new(&schema()), schema().arrow(), 2, 10).unwrap();
    merger.push(0, batch(&unsorted)).unwrap();
    merger.finish(1);
    assert!(matches!(merger.step(), Err(SegmentError::Corrupt { .. })));
}

#[test]
fn merger_batches_of_a_run_out_of_order_are_refused() {
    let mut merger = Merger::new(&MergeKey::new(&schema()), schema().arrow(), 2, 10).unwrap();
    merger.push(0, batch(&[row("eu", "a", 5, 1.0)])).unwrap();
    merger.push(0, batch(&[row("eu", "a", 5, 1.0)])).unwrap();
    merger.finish(0);
    merger.push(1, batch(&[row("eu", "b", 1, 1.0)])).unwrap();
    merger.finish(1);
    assert!(matches!(merger.step(), Err(SegmentError::Corrupt { .. })));
}

#[test]
fn merger_projection_without_a_key_column_is_refused() {
    let wanted = projected(&["time", "region", "float"]);
    let error = Merger::new(&MergeKey::new(&schema()), wanted, 1, 10).unwrap_err();
    assert!(matches!(&error, SegmentError::SchemaMismatch { column, .. } if column == "host"), "{error}");
}

#[test]
fn merger_push_after_finish_is_refused() {
    let mut merger = Merger::new(&MergeKey::new(&schema()), schema().arrow(), 1, 10).unwrap();
    merger.finish(0);
    assert!(matches!(merger.push(0, batch(&[])), Err(SegmentError::Internal { .. })));
}
