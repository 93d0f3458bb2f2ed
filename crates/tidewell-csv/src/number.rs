//! Cells to numbers and booleans.

/// What the text of a cell can be read as, the narrowest first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scalar {
    Integer(i64),
    /// Above `i64::MAX`.
    Unsigned(u64),
    /// A whole number that no 64 bits hold.
    Huge,
    Float(f64),
    /// A number that no `f64` holds.
    FloatOutOfRange,
    Boolean(bool),
    Text,
}

/// The most digits that always fit a `u64`.
const DIGITS_MAX: usize = 19;

/// The longest spelling of a number with a decimal comma.
const NUMBER_BYTES_MAX: usize = 400;

const FLOAT_POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// Digits read so far.
#[derive(Clone, Copy)]
struct Digits {
    value: u64,
    count: usize,
}

#[inline]
fn read_digits<'a>(mut rest: &'a [u8], digits: &mut Digits) -> &'a [u8] {
    while let [byte @ b'0'..=b'9', after @ ..] = rest {
        digits.value = digits.value.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
        digits.count += 1;
        rest = after;
    }
    rest
}

/// Reads a number, a boolean or neither; spaces around it do not count.
#[inline]
pub(crate) fn read_scalar(text: &[u8], decimal_mark: u8) -> Scalar {
    let text = text.trim_ascii();
    let (negative, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    match unsigned.first() {
        Some(b'0'..=b'9') => {}
        Some(byte) if *byte == decimal_mark => {}
        _ => return read_boolean(text).map_or(Scalar::Text, Scalar::Boolean),
    }
    let mut digits = Digits { value: 0, count: 0 };
    let rest = read_digits(unsigned, &mut digits);
    match rest {
        [] => whole(unsigned, digits, negative),
        [mark, fraction @ ..] if *mark == decimal_mark => {
            let whole_count = digits.count;
            let end = read_digits(fraction, &mut digits);
            let power = FLOAT_POWERS_OF_TEN.get(digits.count - whole_count);
            match (end, power) {
                ([], Some(power)) if (1..=DIGITS_MAX).contains(&digits.count) && digits.value <= 1 << 53 => {
                    let value = digits.value as f64 / power;
                    Scalar::Float(if negative { -value } else { value })
                }
                _ => any_float(unsigned, negative, decimal_mark),
            }
        }
        _ => any_float(unsigned, negative, decimal_mark),
    }
}

#[inline]
fn whole(text: &[u8], digits: Digits, negative: bool) -> Scalar {
    let magnitude = if digits.count <= DIGITS_MAX {
        digits.value
    } else {
        match std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()) {
            Some(magnitude) => magnitude,
            None => return Scalar::Huge,
        }
    };
    let signed = if negative { 0_i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() };
    match signed {
        Some(value) => Scalar::Integer(value),
        None if negative => Scalar::Huge,
        None => Scalar::Unsigned(magnitude),
    }
}

/// A number with an exponent or many digits.
fn any_float(unsigned: &[u8], negative: bool, decimal_mark: u8) -> Scalar {
    let parsed = if decimal_mark == b'.' {
        fast_float2::parse::<f64, _>(unsigned)
    } else {
        let mut pointed = [0; NUMBER_BYTES_MAX];
        if unsigned.contains(&b'.') {
            return Scalar::Text;
        }
        let Some(pointed) = pointed.get_mut(..unsigned.len()) else { return Scalar::Text };
        for (to, from) in pointed.iter_mut().zip(unsigned) {
            *to = if *from == decimal_mark { b'.' } else { *from };
        }
        fast_float2::parse::<f64, _>(pointed)
    };
    match parsed {
        Ok(value) if value.is_finite() => Scalar::Float(if negative { -value } else { value }),
        Ok(_) => Scalar::FloatOutOfRange,
        Err(_) => Scalar::Text,
    }
}

/// Reads `true` and `false` in lower, upper or title case.
#[inline]
pub(crate) fn read_boolean(text: &[u8]) -> Option<bool> {
    match text {
        b"true" | b"True" | b"TRUE" => Some(true),
        b"false" | b"False" | b"FALSE" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
