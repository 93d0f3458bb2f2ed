//! Bodies, plain and gzip, whole and broken, and bombs.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;
use crate::body_budget::BodyBudget;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn take(is_gzip: bool, wire: &[u8], chunk_bytes: usize, bytes_max: usize) -> Result<Vec<u8>, Refusal> {
    let budget = Arc::new(BodyBudget::new(1 << 20));
    let mut inflater = Inflater::new(is_gzip, bytes_max, budget.share());
    for chunk in wire.chunks(chunk_bytes) {
        inflater.push(chunk)?;
    }
    let (bytes, share) = inflater.finish()?;
    assert!(budget.bytes() >= bytes.len() && budget.bytes() <= bytes_max);
    drop(share);
    assert_eq!(budget.bytes(), 0);
    Ok(bytes)
}

#[test]
fn body_in_chunks_of_any_size_is_whole() {
    let text = b"cpu,host=a load=0.5 1\n".repeat(500);
    for chunk_bytes in [1, 7, 4096, usize::MAX] {
        assert_eq!(take(false, &text, chunk_bytes, 1 << 20), Ok(text.clone()));
        assert_eq!(take(true, &gzip(&text), chunk_bytes, 1 << 20), Ok(text.clone()));
    }
}

#[test]
fn gzip_of_several_members_is_all_of_them() {
    let wire = [gzip(b"a"), gzip(b""), gzip(b"b")].concat();
    assert_eq!(take(true, &wire, 3, 100), Ok(b"ab".to_vec()));
}

#[test]
fn empty_body_said_to_be_gzip_is_empty() {
    assert_eq!(take(true, b"", 1, 100), Ok(Vec::new()));
}

#[test]
fn body_at_the_bound_is_taken_and_one_byte_more_is_not() {
    for is_gzip in [false, true] {
        let wire = |bytes: usize| if is_gzip { gzip(&vec![b'x'; bytes]) } else { vec![b'x'; bytes] };
        assert_eq!(take(is_gzip, &wire(1000), 64, 1000).unwrap().len(), 1000);
        assert_eq!(take(is_gzip, &wire(1001), 64, 1000), Err(Refusal::TooLarge));
    }
}

#[test]
fn damaged_or_cut_gzip_is_refused() {
    let wire = gzip(b"cpu load=1");
    assert_eq!(take(true, b"cpu load=1", 4, 100), Err(Refusal::Damaged));
    assert_eq!(take(true, &wire[..wire.len() - 3], 4, 100), Err(Refusal::Damaged));
    let mut flipped = wire;
    let last = flipped.len() - 6;
    flipped[last] ^= 1;
    assert_eq!(take(true, &flipped, 4, 100), Err(Refusal::Damaged));
}

#[test]
fn bomb_costs_no_more_than_the_bound() {
    let budget = Arc::new(BodyBudget::new(1 << 20));
    let bomb = gzip(&vec![0; 64 << 20]);
    let mut inflater = Inflater::new(true, 1 << 16, budget.share());
    assert_eq!(inflater.push(&bomb), Err(Refusal::TooLarge));
    assert!(budget.bytes() <= 1 << 16);
    assert_eq!(inflater.push(&bomb), Err(Refusal::TooLarge));
    drop(inflater);
    assert_eq!(budget.bytes(), 0);
}

#[test]
fn body_beyond_the_budget_of_all_is_refused_as_busy() {
    let budget = Arc::new(BodyBudget::new(100));
    let mut other = budget.share();
    assert!(other.grow(60));
    let mut inflater = Inflater::new(false, 1000, budget.share());
    assert_eq!(inflater.push(&[0; 50]), Err(Refusal::Busy));
}
