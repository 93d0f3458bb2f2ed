//! Parts of a whole.

use proptest::prelude::*;

use super::parts;

#[test]
fn parts_of_nothing_are_even() {
    assert_eq!(parts([0, 0].into_iter()).collect::<Vec<_>>(), [0.5, 0.5]);
    assert_eq!(parts(std::iter::empty()).count(), 0);
}

proptest! {
    #[test]
    fn parts_sum_up_to_the_whole_and_follow_the_weights(weights in proptest::collection::vec(any::<u64>(), 1..50)) {
        let parts: Vec<f64> = parts(weights.iter().copied()).collect();
        prop_assert!((parts.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        prop_assert!(parts.iter().all(|part| (0.0..=1.0).contains(part)));
        for (one, other) in weights.iter().zip(&parts).zip(weights.iter().zip(&parts).skip(1)) {
            prop_assert!((one.0 >= other.0) == (one.1 >= other.1) || one.1 == other.1);
        }
    }
}
