//! Numbers of a few digits, all at once.
//!
//! What these do not read is left to [`read_scalar`](crate::number::read_scalar); what they read, it reads alike.

/// `0` in each byte.
const ZEROS: u64 = 0x3030_3030_3030_3030;
/// Added to a digit's value it stays below 128, to anything else it does not.
const BEHIND_NINE: u64 = 0x7676_7676_7676_7676;
const HIGH: u64 = 0x8080_8080_8080_8080;
/// The lowest bit of each byte.
const ONES: u64 = 0x0101_0101_0101_0101;

const FLOAT_POWERS_OF_TEN: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
const POWERS_OF_TEN: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// The number of up to eight digits that are the first bytes of a word; `count` is 1 to 8.
#[inline]
fn number_of(word: u64, count: usize) -> Option<u64> {
    // The digits go to the high bytes; the low ones are zeros before them.
    let digits = (word ^ ZEROS) << (64 - 8 * count);
    if (digits.wrapping_add(BEHIND_NINE) | digits) & HIGH != 0 {
        return None;
    }
    let pairs = digits.wrapping_mul(10).wrapping_add(digits >> 8);
    let low = (pairs & 0x0000_00ff_0000_00ff).wrapping_mul(100 + (1_000_000 << 32));
    let high = ((pairs >> 16) & 0x0000_00ff_0000_00ff).wrapping_mul(1 + (10_000 << 32));
    Some(low.wrapping_add(high) >> 32)
}

/// The number of up to sixteen digits that are the first bytes of a double word; `count` is 1 to 16.
#[inline]
fn long_number_of(word: u128, count: usize) -> Option<u64> {
    if count <= 8 {
        return number_of(word as u64, count);
    }
    let power = POWERS_OF_TEN.get(count - 8)?;
    Some(number_of(word as u64, 8)? * power + number_of((word >> 64) as u64, count - 8)?)
}

/// The sign of a number, and where its digits are.
#[inline]
fn sign_of(bytes: &[u8], start: usize, count: usize) -> Option<(bool, usize, usize)> {
    let negative = *bytes.get(start)? == b'-';
    let digits = count.checked_sub(usize::from(negative))?;
    Some((negative, start + usize::from(negative), digits))
}

/// Of a magnitude of at most 16 digits.
#[inline]
fn signed(magnitude: u64, negative: bool) -> i64 {
    let value = magnitude.cast_signed();
    if negative { -value } else { value }
}

#[inline]
fn load<const N: usize>(bytes: &[u8], start: usize) -> Option<&[u8; N]> {
    bytes.get(start..)?.first_chunk::<N>()
}

/// A whole number of up to 16 digits, with or without a minus, that is `count` bytes from `start` on. `bytes` must go on
/// behind it, or nothing is read.
#[inline]
pub(crate) fn short_integer(bytes: &[u8], start: usize, count: usize) -> Option<i64> {
    let (negative, start, count) = sign_of(bytes, start, count)?;
    let magnitude = match count {
        1..=8 => number_of(u64::from_le_bytes(*load(bytes, start)?), count)?,
        9..=16 => long_number_of(u128::from_le_bytes(*load(bytes, start)?), count)?,
        _ => return None,
    };
    Some(signed(magnitude, negative))
}

/// As [`short_integer`] with a decimal mark or without one, of up to 16 bytes and 15 digits with it, as the float nearest.
#[inline]
pub(crate) fn short_decimal(bytes: &[u8], start: usize, count: usize, mark: u8) -> Option<f64> {
    let (negative, start, count) = sign_of(bytes, start, count)?;
    let marks = ONES * u64::from(mark);
    let value = match count {
        1..=8 => {
            let word = u64::from_le_bytes(*load(bytes, start)?);
            let at = first_equal(word, marks);
            if at >= count {
                return Some(signed(number_of(word, count)?, negative) as f64);
            } else {
                let before = (1_u64 << (8 * at)) - 1;
                let digits = (word & before) | ((word >> 8) & !before);
                // A mark alone is no number.
                let digit_count = count.checked_sub(1).filter(|count| *count > 0)?;
                decimal(number_of(digits, digit_count)?, digit_count - at)?
            }
        }
        9..=16 => {
            let word = u128::from_le_bytes(*load(bytes, start)?);
            let low = first_equal(word as u64, marks);
            let at = if low < 8 { low } else { 8 + first_equal((word >> 64) as u64, marks) };
            if at >= count {
                return Some(signed(long_number_of(word, count)?, negative) as f64);
            } else {
                let before = (1_u128 << (8 * at)) - 1;
                let digits = (word & before) | ((word >> 8) & !before);
                decimal(long_number_of(digits, count - 1)?, count - 1 - at)?
            }
        }
        _ => return None,
    };
    Some(if negative { -value } else { value })
}

/// Both are exact, so that the quotient is the float nearest.
#[inline]
fn decimal(digits: u64, places: usize) -> Option<f64> {
    Some(digits as f64 / FLOAT_POWERS_OF_TEN.get(places)?)
}

/// The place of the first byte that is the one of `needles`; 8 without one.
#[inline]
fn first_equal(word: u64, needles: u64) -> usize {
    let difference = word ^ needles;
    ((difference.wrapping_sub(ONES) & !difference & HIGH).trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests;
