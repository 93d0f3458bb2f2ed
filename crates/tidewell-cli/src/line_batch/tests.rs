//! Batches add up to the input and begin at lines.
#![allow(clippy::unwrap_used)]

use super::{BATCH_BYTES, BATCH_BYTES_MAX, LineBatch, LineBatches};

async fn batches(input: &[u8]) -> Vec<LineBatch> {
    let mut reader = LineBatches::new(input);
    let mut all = Vec::new();
    while let Some(batch) = reader.next().await.unwrap() {
        all.push(batch);
    }
    all
}

fn joined(batches: &[LineBatch]) -> Vec<u8> {
    batches.iter().flat_map(|batch| batch.body.to_vec()).collect()
}

#[tokio::test]
async fn batches_of_nothing_are_none() {
    assert_eq!(batches(b"").await, []);
}

#[tokio::test]
async fn batches_of_a_small_input_are_one() {
    let all = batches(b"cpu f=1\ncpu f=2").await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].first_line_number, 1);
}

#[tokio::test]
async fn batches_of_a_large_input_begin_at_numbered_lines() {
    let mut input = String::new();
    for number in 1..=200_000 {
        input.push_str(&format!("cpu,host=a f={number}i\n"));
    }
    let all = batches(input.as_bytes()).await;
    assert_eq!(joined(&all), input.as_bytes());
    assert!(all.len() >= 4, "{} batches", all.len());
    for batch in &all {
        let start = format!("cpu,host=a f={}i\n", batch.first_line_number);
        assert!(batch.body.starts_with(start.as_bytes()));
        assert!(batch.body.len() <= 2 * BATCH_BYTES);
    }
}

#[tokio::test]
async fn batches_never_cut_a_string_with_line_feeds() {
    let string = "x\n".repeat(BATCH_BYTES);
    let input = format!("cpu f=1\ncpu note=\"{string}\"\n{}", "cpu f=2\n".repeat(BATCH_BYTES / 4));
    let all = batches(input.as_bytes()).await;
    assert_eq!(joined(&all), input.as_bytes());
    assert!(all.len() >= 2);
    for batch in &all {
        assert!(batch.body.starts_with(b"cpu "), "{:?}", batch.first_line_number);
    }
}

#[tokio::test]
async fn batches_of_a_string_that_never_closes_stay_bounded() {
    let input = format!("cpu note=\"open\n{}", "cpu f=1\n".repeat(3 * BATCH_BYTES_MAX / 8));
    let all = batches(input.as_bytes()).await;
    assert_eq!(joined(&all), input.as_bytes());
    assert!(all.iter().all(|batch| batch.body.len() <= BATCH_BYTES_MAX + BATCH_BYTES));
}

#[tokio::test]
async fn batches_of_an_endless_line_are_refused() {
    let input = vec![b'x'; BATCH_BYTES_MAX + BATCH_BYTES];
    let error = LineBatches::new(&input[..]).next().await.unwrap_err();
    assert!(error.to_string().contains("line 1 is longer than 8 MiB"));
}
