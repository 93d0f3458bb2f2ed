//! A race that is missed is named.

use super::*;

#[test]
fn missed_race_is_named() {
    let mut coverage = Coverage::default();
    Race::ALL.iter().copied().filter(|race| *race != Race::TornTail).for_each(|race| coverage.reach(race));
    assert_eq!(coverage.missed(), [Race::TornTail]);
}
