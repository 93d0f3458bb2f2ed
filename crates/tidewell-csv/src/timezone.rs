//! Zones of time, and the instant of a time that names none.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, MappedLocalTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::civil::{DAY_S, SECOND_NS};
use crate::error::TimeError;

/// A zone that is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no timezone: give UTC, an offset such as +02:00, or an IANA name such as Europe/Berlin")]
pub struct UnknownTimezone(String);

/// The zone of times that name none: an offset from UTC, or an IANA name with its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timezone(Zone);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zone {
    OffsetS(i32),
    Named(Tz),
}

impl Timezone {
    /// Universal time.
    pub const UTC: Self = Self(Zone::OffsetS(0));
}

impl Default for Timezone {
    fn default() -> Self {
        Self::UTC
    }
}

impl FromStr for Timezone {
    type Err = UnknownTimezone;

    /// Reads `UTC`, `Z`, `+02:00`, `-0530`, `+2` (up to 18 hours) or an IANA name.
    fn from_str(text: &str) -> Result<Self, UnknownTimezone> {
        if matches!(text, "UTC" | "utc" | "GMT" | "Z" | "z") {
            return Ok(Self::UTC);
        }
        if let Some((offset_s, _)) = read_offset(text.as_bytes()).filter(|(_, length)| *length == text.len()) {
            return Ok(Self(Zone::OffsetS(offset_s)));
        }
        text.parse().map(|zone| Self(Zone::Named(zone))).map_err(|_| UnknownTimezone(text.to_owned()))
    }
}

impl fmt::Display for Timezone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Zone::OffsetS(0) => f.write_str("UTC"),
            Zone::OffsetS(offset_s) => {
                let sign = if offset_s < 0 { '-' } else { '+' };
                let minutes = offset_s.unsigned_abs() / 60;
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
            Zone::Named(zone) => f.write_str(zone.name()),
        }
    }
}

/// Reads `+hh`, `+hh:mm` or `+hhmm` at the start; gives seconds east of UTC and how many bytes were read.
pub(crate) fn read_offset(bytes: &[u8]) -> Option<(i32, usize)> {
    let negative = match bytes.first()? {
        b'+' => false,
        b'-' => true,
        _ => return None,
    };
    let digit = |at: usize| bytes.get(at).filter(|byte| byte.is_ascii_digit()).map(|byte| i32::from(byte - b'0'));
    let mut hours = digit(1)?;
    let mut end = 2;
    if let Some(ones) = digit(2) {
        hours = hours * 10 + ones;
        end = 3;
    }
    let minutes_at = if bytes.get(end) == Some(&b':') { end + 1 } else { end };
    let mut minutes = 0;
    if let (Some(tens), Some(ones)) = (digit(minutes_at), digit(minutes_at + 1)) {
        minutes = tens * 10 + ones;
        end = minutes_at + 2;
    }
    if hours > 18 || minutes > 59 {
        return None;
    }
    let offset_s = hours * 3600 + minutes * 60;
    Some((if negative { -offset_s } else { offset_s }, end))
}

/// What a local time means that a change of clocks shows twice. A time that a change of clocks skips is always refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LocalTimes {
    /// It is an error that names the time.
    #[default]
    Refuse,
    /// The first of the two instants.
    Earlier,
    /// The second of the two instants.
    Later,
}

/// How long a span of local time is looked up at once: no zone has changed its clocks twice within it.
const SPAN_S: i64 = 900;

/// Turns local times to instants; remembers the offset around the last one.
#[derive(Clone, Debug)]
pub(crate) struct LocalClock {
    zone: Timezone,
    choice: LocalTimes,
    /// The start of a span of local seconds, and its one offset.
    cached: Option<(i64, i32)>,
}

impl LocalClock {
    pub(crate) fn new(zone: Timezone, choice: LocalTimes) -> Self {
        Self { zone, choice, cached: None }
    }

    /// The instant of a date and a time of day, in nanoseconds; `offset_s` is what the text itself says.
    pub(crate) fn instant_ns(&mut self, days: i64, day_ns: i64, offset_s: Option<i32>) -> Result<i64, TimeError> {
        let local_s = days * DAY_S + day_ns.div_euclid(SECOND_NS);
        let offset_s = match offset_s {
            Some(offset_s) => offset_s,
            None => self.offset_s(local_s)?,
        };
        let rest_ns = day_ns.rem_euclid(SECOND_NS);
        if let Some(ns) = (local_s - i64::from(offset_s)).checked_mul(SECOND_NS).and_then(|ns| ns.checked_add(rest_ns))
        {
            return Ok(ns);
        }
        let ns = i128::from(local_s - i64::from(offset_s)) * i128::from(SECOND_NS) + i128::from(rest_ns);
        i64::try_from(ns).map_err(|_| TimeError::OutOfRange)
    }

    fn offset_s(&mut self, local_s: i64) -> Result<i32, TimeError> {
        let zone = match self.zone.0 {
            Zone::OffsetS(offset_s) => return Ok(offset_s),
            Zone::Named(zone) => zone,
        };
        let start = local_s - local_s.rem_euclid(SPAN_S);
        if let Some((_, offset_s)) = self.cached.filter(|(cached, _)| *cached == start) {
            return Ok(offset_s);
        }
        if let (MappedLocalTime::Single(first), MappedLocalTime::Single(last)) =
            (offsets(zone, start), offsets(zone, start + SPAN_S - 1))
            && first == last
        {
            self.cached = Some((start, first));
            return Ok(first);
        }
        match (offsets(zone, local_s), self.choice) {
            (MappedLocalTime::Single(offset_s), _) => Ok(offset_s),
            (MappedLocalTime::Ambiguous(earlier, _), LocalTimes::Earlier) => Ok(earlier),
            (MappedLocalTime::Ambiguous(_, later), LocalTimes::Later) => Ok(later),
            (MappedLocalTime::Ambiguous(_, _), LocalTimes::Refuse) => Err(TimeError::Ambiguous(self.zone)),
            (MappedLocalTime::None, _) => Err(TimeError::Skipped(self.zone)),
        }
    }
}

/// The offsets that a local time may have, in seconds; of two the one of the earlier instant first.
fn offsets(zone: Tz, local_s: i64) -> MappedLocalTime<i32> {
    let Some(local) = DateTime::from_timestamp(local_s, 0) else { return MappedLocalTime::None };
    zone.offset_from_local_datetime(&local.naive_utc()).map(|offset| offset.fix().local_minus_utc())
}

#[cfg(test)]
mod tests;
