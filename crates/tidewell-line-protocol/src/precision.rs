//! The unit of a request's timestamps.

use std::fmt;
use std::str::FromStr;

use tidewell_types::TimestampNs;

/// The unit of the raw timestamps of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Precision {
    /// By magnitude, each timestamp for itself: below 5e9 seconds, below 5e12 milliseconds, below 5e15 microseconds,
    /// otherwise nanoseconds.
    Auto,
    /// 1 ns
    #[default]
    Nanosecond,
    /// 1000 ns
    Microsecond,
    /// 1000 µs
    Millisecond,
    /// 1000 ms
    Second,
    /// 60 s
    Minute,
    /// 60 min
    Hour,
}

/// A text that names no precision.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown precision {text:?}: use one of auto, ns, us, ms, s, m (minutes), h")]
pub struct PrecisionError {
    text: String,
}

impl Precision {
    /// The instant of a raw timestamp; `None` when it is outside of what can be stored (years 1677 to 2262).
    #[must_use]
    pub const fn to_ns(self, raw: i64) -> Option<TimestampNs> {
        match raw.checked_mul(self.unit_ns(raw)) {
            Some(ns) => Some(TimestampNs::from_ns(ns)),
            None => None,
        }
    }

    /// The nanoseconds in one unit of `raw`.
    const fn unit_ns(self, raw: i64) -> i64 {
        match self {
            Self::Auto => match raw.unsigned_abs() {
                0..5_000_000_000 => 1_000_000_000,
                5_000_000_000..5_000_000_000_000 => 1_000_000,
                5_000_000_000_000..5_000_000_000_000_000 => 1_000,
                _ => 1,
            },
            Self::Nanosecond => 1,
            Self::Microsecond => 1_000,
            Self::Millisecond => 1_000_000,
            Self::Second => 1_000_000_000,
            Self::Minute => 60_000_000_000,
            Self::Hour => 3_600_000_000_000,
        }
    }
}

impl FromStr for Precision {
    type Err = PrecisionError;

    /// Reads the spellings that clients send; `m` is a minute.
    fn from_str(text: &str) -> Result<Self, PrecisionError> {
        match text {
            "auto" => Ok(Self::Auto),
            "n" | "ns" | "nanosecond" => Ok(Self::Nanosecond),
            "u" | "us" | "µ" | "μ" | "microsecond" => Ok(Self::Microsecond),
            "ms" | "millisecond" => Ok(Self::Millisecond),
            "s" | "second" => Ok(Self::Second),
            "m" => Ok(Self::Minute),
            "h" => Ok(Self::Hour),
            _ => Err(PrecisionError { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for Precision {
    /// Prints the shortest unambiguous spelling that [`Precision::from_str`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Nanosecond => "ns",
            Self::Microsecond => "us",
            Self::Millisecond => "ms",
            Self::Second => "s",
            Self::Minute => "m",
            Self::Hour => "h",
        })
    }
}

#[cfg(test)]
mod tests;
