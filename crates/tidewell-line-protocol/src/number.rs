//! Numbers: runs of digits eight at a time, and the values they make.

use crate::error::Reason;
use crate::line::FieldValue;

/// The most decimal digits that always fit a `u64`.
const DIGITS_EXACT_MAX: usize = 19;

const POWERS_OF_TEN: [u64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// The powers of ten that an `f64` holds exactly.
const FLOAT_POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// The largest whole number below which an `f64` holds every whole number.
const FLOAT_MANTISSA_MAX: u64 = 1 << 53;

/// A number of one of the three types; unlike [`FieldValue`] it fits registers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Float(f64),
    Integer(i64),
    Unsigned(u64),
}

impl Number {
    #[inline]
    pub(crate) const fn into_value<'a>(self) -> FieldValue<'a> {
        match self {
            Self::Float(float) => FieldValue::Float(float),
            Self::Integer(integer) => FieldValue::Integer(integer),
            Self::Unsigned(unsigned) => FieldValue::Unsigned(unsigned),
        }
    }
}

/// A run of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Digits {
    /// Their value; wraps above [`DIGITS_EXACT_MAX`] digits.
    value: u64,
    /// Where the run ends.
    end: usize,
}

/// Reads the digits from `start` on, of which there may be none, behind those that made `value`.
#[inline]
fn read_digits(bytes: &[u8], start: usize, mut value: u64) -> Digits {
    let mut end = start;
    while let Some(chunk) = bytes.get(end..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*chunk) ^ 0x3030_3030_3030_3030;
        let others = (word.wrapping_add(0x7676_7676_7676_7676) | word) & 0x8080_8080_8080_8080;
        let count = (others.trailing_zeros() / 8) as usize;
        if count == 0 {
            return Digits { value, end };
        }
        let power = POWERS_OF_TEN.get(count).copied().unwrap_or_default();
        value = value.wrapping_mul(power).wrapping_add(eight_digits(word << (64 - 8 * count)));
        end += count;
        if count < 8 {
            return Digits { value, end };
        }
    }
    while let Some(digit) = bytes.get(end).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        end += 1;
    }
    Digits { value, end }
}

/// The value of eight digits, one a byte, the lowest byte the most significant: pairs, then fours, then all eight.
#[inline]
const fn eight_digits(word: u64) -> u64 {
    const PAIRS: u64 = 0x0000_00FF_0000_00FF;
    let word = word.wrapping_mul(10).wrapping_add(word >> 8);
    let high = (word & PAIRS).wrapping_mul(0x000F_4240_0000_0064);
    let low = ((word >> 16) & PAIRS).wrapping_mul(0x0000_2710_0000_0001);
    high.wrapping_add(low) >> 32
}

/// The whole number of the digits from `first` on and their sign, where it is within `i64`.
#[inline]
fn signed(digits: Digits, first: usize, negative: bool, bytes: &[u8]) -> Option<i64> {
    let magnitude = magnitude(digits, first, bytes)?;
    if negative { 0_i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

/// The value of the digits from `first` on, where it is within `u64`.
#[inline]
fn magnitude(digits: Digits, first: usize, bytes: &[u8]) -> Option<u64> {
    if digits.end - first <= DIGITS_EXACT_MAX {
        return Some(digits.value);
    }
    std::str::from_utf8(bytes.get(first..digits.end)?).ok()?.parse().ok()
}

/// Reads a field value that starts with a digit, a minus or a point; gives it with its end.
///
/// Whether a value may end there is for the caller to check.
#[inline]
pub(crate) fn read_number(bytes: &[u8], start: usize) -> Result<(Number, usize), Reason> {
    let negative = bytes.get(start) == Some(&b'-');
    let first = start + usize::from(negative);
    let digits = read_digits(bytes, first, 0);
    let count = digits.end - first;
    match bytes.get(digits.end) {
        Some(b'i') if count > 0 => {
            let value = signed(digits, first, negative, bytes).ok_or(Reason::IntegerOutOfRange)?;
            Ok((Number::Integer(value), digits.end + 1))
        }
        Some(b'u') if count > 0 && negative => Err(Reason::UnsignedOutOfRange),
        Some(b'u') if count > 0 => {
            let value = magnitude(digits, first, bytes).ok_or(Reason::UnsignedOutOfRange)?;
            Ok((Number::Unsigned(value), digits.end + 1))
        }
        Some(b'.') if count <= DIGITS_EXACT_MAX => decimal(bytes, start, digits),
        Some(b'.' | b'e' | b'E') => float(bytes, start),
        _ if (1..=DIGITS_EXACT_MAX).contains(&count) => {
            let value = digits.value as f64;
            Ok((Number::Float(if negative { -value } else { value }), digits.end))
        }
        _ => float(bytes, start),
    }
}

/// A float with a point at `whole.end`: exact at once where few digits and no exponent allow it.
#[inline]
fn decimal(bytes: &[u8], start: usize, whole: Digits) -> Result<(Number, usize), Reason> {
    let first = start + usize::from(bytes.get(start) == Some(&b'-'));
    let all = read_digits(bytes, whole.end + 1, whole.value);
    let digit_count = all.end - first - 1;
    let has_exponent = matches!(bytes.get(all.end), Some(b'e' | b'E'));
    let power = FLOAT_POWERS_OF_TEN.get(all.end - whole.end - 1);
    match power {
        Some(power)
            if (1..=DIGITS_EXACT_MAX).contains(&digit_count) && !has_exponent && all.value <= FLOAT_MANTISSA_MAX =>
        {
            let value = all.value as f64 / power;
            Ok((Number::Float(if first > start { -value } else { value }), all.end))
        }
        _ => float(bytes, start),
    }
}

/// Any float.
fn float(bytes: &[u8], start: usize) -> Result<(Number, usize), Reason> {
    let rest = bytes.get(start..).unwrap_or_default();
    let unsigned = rest.strip_prefix(b"-").unwrap_or(rest);
    if !matches!(unsigned.first(), Some(b'0'..=b'9' | b'.')) {
        return Err(Reason::InvalidValue);
    }
    match fast_float2::parse_partial::<f64, _>(rest) {
        Ok((value, length)) if value.is_finite() => Ok((Number::Float(value), start + length)),
        Ok(_) => Err(Reason::FloatOutOfRange),
        Err(_) => Err(Reason::InvalidValue),
    }
}

/// Reads a timestamp; gives it with its end.
#[inline]
pub(crate) fn read_timestamp(bytes: &[u8], start: usize) -> Result<(i64, usize), Reason> {
    let negative = bytes.get(start) == Some(&b'-');
    let first = start + usize::from(negative);
    let digits = read_digits(bytes, first, 0);
    if digits.end == first {
        return Err(Reason::InvalidTimestamp);
    }
    let value = signed(digits, first, negative, bytes).ok_or(Reason::TimestampOutOfRange)?;
    Ok((value, digits.end))
}

#[cfg(test)]
mod tests;
