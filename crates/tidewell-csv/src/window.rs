//! The bytes that end cells, found among many at once.

/// How many bytes are looked at in one go: one for each bit of what is found.
pub(crate) const WINDOW_BYTES: usize = 64;

/// The lowest bit of each byte.
const ONES: u64 = 0x0101_0101_0101_0101;
const LOW_SEVEN: u64 = 0x7f7f_7f7f_7f7f_7f7f;
/// Brings the lowest bits of eight bytes together in the highest byte.
const GATHER: u64 = 0x0102_0408_1020_4080;

/// A bit for each byte that is one of two.
#[inline]
pub(crate) fn find_either(window: &[u8; WINDOW_BYTES], one: u8, other: u8) -> u64 {
    let (ones, others) = (ONES * u64::from(one), ONES * u64::from(other));
    let (words, _) = window.as_chunks::<8>();
    let mut found = 0;
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let is_not = |needles: u64| {
            let difference = word ^ needles;
            ((difference & LOW_SEVEN) + LOW_SEVEN) | difference
        };
        let hits = !(is_not(ones) & is_not(others)) & !LOW_SEVEN;
        found |= ((hits >> 7).wrapping_mul(GATHER) >> 56) << (8 * place);
    }
    found
}

#[cfg(test)]
mod tests;
