//! Files of a crew against those made in turn, and what it does with failures.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, mpsc};

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Float64Array, Int64Array};
use arrow_schema::{DataType, Field, Schema};

use super::*;

fn rows(first: i64, count: i64) -> RecordBatch {
    let range = || first..first + count;
    let names: DictionaryArray<Int32Type> =
        range().map(|n| (n % 5 > 0).then_some(["a", "bb"][n as usize % 2])).collect();
    let columns: [(&str, ArrayRef); 3] = [
        ("n", Arc::new(Int64Array::from_iter_values(range()))),
        ("name", Arc::new(names)),
        ("value", Arc::new(Float64Array::from_iter(range().map(|n| (n % 7 > 0).then_some(n as f64 / 3.0))))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

fn options() -> ExportOptions {
    ExportOptions { row_group_rows_max: 1000, ..ExportOptions::default() }
}

/// The same file without threads.
fn in_turn(batches: &[RecordBatch]) -> Vec<u8> {
    let mut export = ParquetExport::with_options(&rows(0, 1).schema(), options()).unwrap();
    for batch in batches {
        for task in export.stage(batch).unwrap() {
            export.accept(task.run().unwrap()).unwrap();
        }
    }
    export.finish().unwrap()
}

fn crew(threads: usize) -> ParquetCrew {
    ParquetCrew::new(&rows(0, 1).schema(), options(), Env::system(), threads).unwrap()
}

#[tokio::test]
async fn crew_of_any_size_makes_the_file_that_is_made_in_turn() {
    let many: Vec<RecordBatch> = (0..40).map(|at| rows(at * 700, 700)).collect();
    for batches in [&[][..], &[rows(0, 0)], &[rows(7, 1)], &[rows(0, 12_345), rows(12_345, 3)], &many] {
        let wanted = in_turn(batches);
        for threads in [0, 1, 2, 8] {
            let mut crew = crew(threads);
            let mut file = Vec::new();
            for batch in batches {
                file.extend(crew.batch(batch).await.unwrap());
            }
            file.extend(crew.finish().await.unwrap());
            assert!(file == wanted, "{} batches on {threads} threads", batches.len());
        }
    }
}

#[tokio::test]
async fn crew_gives_bytes_before_the_end() {
    let mut crew = crew(2);
    let mut early = 0;
    for at in 0..100 {
        early += crew.batch(&rows(at * 1000, 1000)).await.unwrap().len();
        assert!(crew.crew.under_way() <= 3 * crew.row_groups_max());
    }
    let late = crew.finish().await.unwrap().len();
    assert!(early > 3 * late, "{early} bytes came early and {late} late");
}

#[test]
fn crew_whose_threads_are_busy_takes_no_more_than_its_row_groups() {
    let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let (release, gate) = mpsc::channel::<()>();
        let blocked = tokio::task::spawn_blocking(move || gate.recv());
        let mut crew = crew(2);
        let wide = rows(0, 50_000);
        assert!(futures::poll!(Box::pin(crew.batch(&wide))).is_pending());
        assert_eq!((crew.row_groups_max(), crew.crew.under_way()), (2, 2 * 3));
        // The call above was dropped, and with it rows of its batch.
        assert!(crew.batch(&wide).await.unwrap_err().to_string().contains("broken by an earlier"));
        release.send(()).unwrap();
        blocked.await.unwrap().unwrap();
    });
}

#[tokio::test]
async fn crew_whose_column_fails_says_why_and_stays_broken() {
    let tag = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let schema = Arc::new(Schema::new(vec![Field::new("name", tag, false)]));
    let bad = rows(0, 1000).project(&[1]).unwrap();
    let mut crew = ParquetCrew::new(&schema, options(), Env::system(), 2).unwrap();
    let mut error = None;
    // It is heard of once the column was encoded.
    for _ in 0..100 {
        error = crew.batch(&bad).await.err();
        if error.is_some() {
            break;
        }
    }
    assert!(error.unwrap().to_string().contains("has NULLs and its schema says that it has none"));
    assert!(crew.finish().await.unwrap_err().to_string().contains("broken by an earlier"));

    let mut crew = ParquetCrew::new(&schema, options(), Env::system(), 2).unwrap();
    crew.batch(&bad.slice(0, 10)).await.unwrap();
    assert!(crew.finish().await.unwrap_err().to_string().contains("has NULLs"));
}

#[tokio::test]
async fn crew_refuses_rows_of_another_schema() {
    let mut crew = crew(2);
    let other = rows(0, 5).project(&[0]).unwrap();
    assert!(crew.batch(&other).await.unwrap_err().to_string().contains("do not fit"));
}
