//! Times as numbers since 1970.

use std::fmt;

use crate::error::TimeError;

/// The unit of a time that is a number since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EpochUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Nanoseconds.
    Nanoseconds,
}

impl fmt::Display for EpochUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Microseconds => "us",
            Self::Nanoseconds => "ns",
        })
    }
}

impl EpochUnit {
    /// The unit by size, sign aside: below 10^11 seconds (to the year 5138), below 10^14 milliseconds, below 10^17
    /// microseconds, else nanoseconds. A finer unit than seconds is so told from 1973-03-03 on, for instants before
    /// 1970 up to 1966-10-31.
    #[must_use]
    pub const fn of_magnitude(value: u64) -> Self {
        match value {
            0..100_000_000_000 => Self::Seconds,
            100_000_000_000..100_000_000_000_000 => Self::Milliseconds,
            100_000_000_000_000..100_000_000_000_000_000 => Self::Microseconds,
            _ => Self::Nanoseconds,
        }
    }

    pub(crate) const fn ns(self) -> i128 {
        match self {
            Self::Seconds => 1_000_000_000,
            Self::Milliseconds => 1_000_000,
            Self::Microseconds => 1_000,
            Self::Nanoseconds => 1,
        }
    }
}

/// A number as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EpochText<'a> {
    negative: bool,
    pub(crate) whole: u64,
    fraction: &'a [u8],
}

/// Reads digits with or without a sign and a fraction; no exponent, which would say that digits were lost.
pub(crate) fn read_epoch(text: &[u8]) -> Option<EpochText<'_>> {
    let text = text.trim_ascii();
    let negative = text.first() == Some(&b'-');
    let digits = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (whole, rest) = digits.split_at_checked(length)?;
    if length == 0 || length > 19 {
        return None;
    }
    let whole = whole.iter().fold(0_u64, |value, digit| value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0')));
    let fraction = match rest {
        [] => rest,
        [b'.' | b',', fraction @ ..] if !fraction.is_empty() && fraction.iter().all(u8::is_ascii_digit) => fraction,
        _ => return None,
    };
    Some(EpochText { negative, whole, fraction })
}

impl EpochText<'_> {
    /// Its nanoseconds; what is below a nanosecond is cut off.
    pub(crate) fn ns(self, unit: Option<EpochUnit>) -> Result<i64, TimeError> {
        let unit = unit.unwrap_or_else(|| EpochUnit::of_magnitude(self.whole));
        let mut ns = i128::from(self.whole) * unit.ns();
        let mut scale = unit.ns();
        for digit in self.fraction {
            scale /= 10;
            ns += i128::from(digit - b'0') * scale;
            if scale == 0 {
                break;
            }
        }
        i64::try_from(if self.negative { -ns } else { ns }).map_err(|_| TimeError::OutOfRange)
    }
}

#[cfg(test)]
mod tests;
