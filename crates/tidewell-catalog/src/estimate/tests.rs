//! How often the truth is within the stated interval.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;

use super::*;

fn files(count: usize) -> Vec<Listed> {
    (0..count).map(|number| Listed { key: format!("f{number}"), bytes: 1, tag: None }).collect()
}

fn sampling(fraction: f64, files_min: usize, seed: u64) -> Sampling {
    Sampling { fraction, files_min, seed }
}

#[test]
fn sample_has_its_size_and_goes_by_the_seed() {
    let files = files(100);
    assert_eq!(sample(&files, &sampling(0.2, 5, 1)).len(), 20);
    assert_eq!(sample(&files, &sampling(0.01, 5, 1)).len(), 5);
    assert_eq!(sample(&files[..3], &sampling(0.01, 5, 1)), [0, 1, 2]);
    assert_eq!(sample(&files, &sampling(f64::NAN, 0, 1)).len(), 1);
    assert_eq!(sample(&files, &sampling(0.2, 5, 1)), sample(&files, &sampling(0.2, 5, 1)));
    assert_ne!(sample(&files, &sampling(0.2, 5, 1)), sample(&files, &sampling(0.2, 5, 2)));
}

#[test]
fn rows_of_most_samples_are_within_their_interval() {
    let files = files(400);
    let rows_of = |at: usize| 500 + (at as u64 * 2_654_435_761 % 1000);
    let total: u64 = (0..400).map(rows_of).sum();
    let within = (0..200).filter(|seed| {
        let sampled: Vec<u64> = sample(&files, &sampling(0.1, 10, *seed)).into_iter().map(rows_of).collect();
        let (estimate, Interval { low, high }) = rows(&sampled, 400);
        assert!((low..=high).contains(&estimate));
        (low..=high).contains(&total)
    });
    let within = within.count();
    assert!((180..=200).contains(&within), "{within} of 200");
}

#[test]
fn series_of_most_samples_are_within_their_interval() {
    let files = files(200);
    // 300 series, of which each file has some 20, some series far more often than others.
    let series_of = |at: usize| -> Vec<u64> {
        (0..20u64)
            .map(|number| xxh3_64_with_seed(&number.to_le_bytes(), at as u64) % 17_u64.pow(2) * 300 / 289 % 300)
            .collect()
    };
    let mut all: Vec<u64> = (0..200).flat_map(series_of).collect();
    all.sort_unstable();
    all.dedup();
    let total = all.len() as u64;
    let within = (0..100).filter(|seed| {
        let chosen = sample(&files, &sampling(0.1, 10, *seed));
        let mut in_files: HashMap<u64, u64> = HashMap::new();
        for at in &chosen {
            let mut series = series_of(*at);
            series.sort_unstable();
            series.dedup();
            series.into_iter().for_each(|series| *in_files.entry(series).or_default() += 1);
        }
        let having = |files: u64| in_files.values().filter(|count| **count == files).count() as u64;
        let (estimate, Interval { low, high }) = series(in_files.len() as u64, having(1), having(2), chosen.len(), 200);
        assert!((low..=high).contains(&estimate));
        (low..=high).contains(&total)
    });
    let within = within.count();
    assert!(within >= 85, "{within} of 100");
}

#[test]
fn series_that_only_single_files_have_are_no_more_than_files_can_hold() {
    // 10 of 1000 files with 50 series each that no other has.
    let (estimate, interval) = series(500, 500, 0, 10, 1000);
    assert_eq!(estimate, 500 + 990 * 50);
    assert!((interval.low..=interval.high).contains(&50_000));
}

#[test]
fn sample_of_all_is_exact_and_of_one_says_nothing_of_the_rest() {
    assert_eq!(rows(&[3, 4], 2), (7, Interval { low: 7, high: 7 }));
    assert_eq!(series(9, 5, 1, 2, 2), (9, Interval { low: 9, high: 9 }));
    assert_eq!(rows(&[3], 10), (30, Interval { low: 3, high: u64::MAX }));
    assert_eq!(series(9, 9, 0, 1, 10), (9, Interval { low: 9, high: u64::MAX }));
}
