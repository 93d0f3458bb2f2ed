//! One instant from one text, as requests and command lines have them.

use tidewell_types::TimestampNs;

use crate::epoch::read_epoch;
use crate::error::TimeError;
use crate::time_text::read_time;
use crate::timezone::{LocalClock, LocalTimes, Timezone};

/// Reads an instant in any known spelling; `timezone` is that of a text which names none.
///
/// - RFC 3339 and what is near it: `2024-01-31T12:00:00.5Z`, `2024-01-31 12:00:00 +02:00`, `2024/01/31 12:00`,
///   `2024.1.31`, `20240131T120000Z`, `20240131120000`, `2024-Jan-31`; a date alone is its midnight, 24:00 is the next
///   one.
/// - The day first or the month first where one of both is above 12, the day first with dots: `31/01/2024 18:00`,
///   `31.1.2024 18.00.00`, `01/31/2024 6:00 PM`. `01/02/2024` is refused.
/// - Months by name: `31 Jan 2024`, `January 31, 2024 6 pm`, `Wed, 31 Jan 2024 12:00:00 GMT`, `Wed Jan 31 12:00:00
///   2024`, `31/Jan/2024:12:00:00 +0000`.
/// - Numbers since 1970, with or without a fraction, whose unit goes by
///   [`EpochUnit::of_magnitude`](crate::EpochUnit::of_magnitude). Eight digits that are a date of 1900 to 2199 and 14
///   digits are dates.
///
/// # Errors
/// [`TimeError`] says what is wrong with the text and how to write it; a local time that a change of clocks shows twice
/// or skips is one too.
pub fn parse_instant(text: &str, timezone: Timezone) -> Result<TimestampNs, TimeError> {
    let bytes = text.trim_ascii().as_bytes();
    if bytes.is_empty() {
        return Err(TimeError::Missing);
    }
    if !is_compact_date(bytes)
        && let Some(epoch) = read_epoch(bytes)
    {
        return epoch.ns(None).map(TimestampNs::from_ns);
    }
    let time = read_time(bytes)?;
    let mut clock = LocalClock::new(timezone, LocalTimes::Refuse);
    clock.instant_ns(time.date.days(None)?, time.day_ns, time.offset_s).map(TimestampNs::from_ns)
}

/// Whether digits are a date and no number since 1970.
pub(crate) fn is_compact_date(text: &[u8]) -> bool {
    let is_long_enough = matches!(text.len(), 8 | 14);
    is_long_enough && matches!(text, [b'1', b'9', ..] | [b'2', b'0' | b'1', ..]) && read_time(text).is_ok()
}

#[cfg(test)]
mod tests;
