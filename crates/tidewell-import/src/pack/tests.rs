//! The file at hand: where it is cut into runs.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use super::*;
use crate::feed::Opened;
use crate::run::times;
use crate::sample::{Row, batch, find_in, write};

async fn current() -> Current {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.csv", b"x");
    let source = find_in(folder.path(), "csv").await.remove(0);
    let file = Opened { index: 0, source, kind: Kind::NoRows, schema: TableSchema::new(), is_stored: false };
    Current::new(Arc::new(file))
}

fn rows(times: &[i64]) -> RecordBatch {
    batch(&times.iter().map(|time| (*time, "a", Some(1.0), None)).collect::<Vec<Row>>())
}

fn all(batches: &[RecordBatch]) -> Vec<i64> {
    batches.iter().flat_map(|rows| times(rows).to_vec()).collect()
}

#[tokio::test]
async fn rows_of_the_last_instant_wait_for_the_next_run_where_times_never_fall() {
    let mut current = current().await;
    for times in [&[1, 2, 3][..], &[3, 3], &[3]] {
        current.push(rows(times));
    }
    assert_eq!(all(&current.take_run(false)), [1, 2]);
    assert_eq!(all(&current.batches), [3, 3, 3, 3]);
    assert!(current.bytes > 0);
    current.push(rows(&[4]));
    assert_eq!(all(&current.take_run(false)), [3, 3, 3, 3]);
    assert_eq!(all(&current.take_run(true)), [4]);
}

#[tokio::test]
async fn rows_in_no_order_and_rows_of_one_instant_are_taken_whole() {
    let mut unordered = current().await;
    unordered.push(rows(&[5, 1]));
    unordered.push(rows(&[5, 5]));
    assert_eq!(all(&unordered.take_run(false)), [5, 1, 5, 5]);
    assert_eq!((unordered.batches.len(), unordered.bytes), (0, 0));
    let mut instant = current().await;
    instant.push(rows(&[7, 7]));
    instant.push(rows(&[7]));
    assert_eq!(all(&instant.take_run(false)), [7, 7, 7]);
}
