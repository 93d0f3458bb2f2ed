//! Seeds of the tests that make random histories.

use std::ops::Range;

/// The seeds that a test goes through: so many, or as many as `TIDEWELL_TEST_SEEDS` says.
pub(crate) fn seeds(count: u64) -> Range<u64> {
    let wanted = std::env::var("TIDEWELL_TEST_SEEDS").ok();
    0..wanted.map_or(count, |wanted| wanted.parse().expect("TIDEWELL_TEST_SEEDS is a number"))
}

/// Numbers that look random, from a seed.
#[derive(Debug)]
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    /// The next one, below a bound.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}
