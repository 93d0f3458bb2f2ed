//! Tests of choosing a float encoding.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array};
use parquet::basic::Compression;

use super::{FloatEncoding, encoded_bytes};
use crate::Tier;
use crate::properties::compression;

fn column(value: impl Fn(u64) -> f64) -> ArrayRef {
    Arc::new((0..16_000).map(value).collect::<Float64Array>())
}

fn mixed(seed: u64) -> u64 {
    let mixed = (seed ^ (seed >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

/// The choice, after checking that it is the smallest of all.
fn chosen(column: &ArrayRef, compression: Compression) -> FloatEncoding {
    let chosen = FloatEncoding::smallest(column, compression).unwrap();
    let bytes = |encoding| encoded_bytes(column, encoding, compression).unwrap();
    assert!(FloatEncoding::ALL.into_iter().all(|other| bytes(chosen) <= bytes(other)));
    chosen
}

#[test]
fn float_encoding_few_distinct_values_take_the_dictionary() {
    let column = column(|row| (mixed(row) % 97) as f64 * 0.37);
    for tier in [Tier::Hot, Tier::Cold] {
        assert_eq!(chosen(&column, compression(tier).unwrap()), FloatEncoding::Dictionary);
    }
}

#[test]
fn float_encoding_noisy_measurements_are_split_by_bytes() {
    let column = column(|row| 20.0 + (row as f64 / 500.0).sin() + (mixed(row) % 1_000_000) as f64 * 1e-9);
    for tier in [Tier::Hot, Tier::Cold] {
        assert_eq!(chosen(&column, compression(tier).unwrap()), FloatEncoding::ByteStreamSplit);
    }
}

#[test]
fn float_encoding_repeated_passages_stay_plain() {
    // Passages of 7 values in random order: the codec finds them, the other forms tear them apart.
    let passage = |row: u64| mixed(row / 7) % 250;
    let column = column(|row| f64::from_bits(0x3ff0_0000_0000_0000 | (mixed(passage(row) * 7 + row % 7) >> 12)));
    assert_eq!(chosen(&column, compression(Tier::Hot).unwrap()), FloatEncoding::Plain);
}

#[test]
fn float_encoding_sample_of_a_long_column_sees_all_of_it() {
    // A constant beginning, as long as the sample, would call for the dictionary.
    let noise = |row: u64| 20.0 + (row as f64 / 500.0).sin() + (mixed(row) % 1_000_000) as f64 * 1e-9;
    let column: ArrayRef =
        Arc::new((0..160_000).map(|row| if row < 20_000 { 1.0 } else { noise(row) }).collect::<Float64Array>());
    assert_eq!(FloatEncoding::smallest(&column, Compression::LZ4_RAW).unwrap(), FloatEncoding::ByteStreamSplit);
}
