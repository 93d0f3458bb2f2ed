//! Times in the spelling that most files have, most of whose dates are that of the row before.
//!
//! What these do not read is left to [`Reading::read`](crate::time_format::Reading::read); what they read, it reads
//! alike.

use crate::civil::{SECOND_NS, days_of};
use crate::epoch::EpochUnit;
use crate::short_number::short_integer;
use crate::time_format::Reading;
use crate::timezone::LocalClock;

const DATE_BYTES: usize = 10;
/// `2024-01-31T12:00:00`
const FIXED_BYTES: usize = 19;

/// The date that was read last.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LastDate {
    text: [u8; DATE_BYTES],
    /// None before the first one.
    days: Option<i64>,
}

/// The instant of a cell that is `count` bytes from `start` on, in nanoseconds; `None` where it is not of the common
/// spellings, or wrong.
#[inline]
pub(crate) fn short_time(
    reading: &Reading,
    bytes: &[u8],
    (start, count): (usize, usize),
    last: &mut LastDate,
    clock: &mut LocalClock,
) -> Option<i64> {
    match reading {
        Reading::Text(_) => fixed_ns(bytes.get(start..start + count)?, last, clock),
        Reading::Epoch(unit) => epoch_ns(short_integer(bytes, start, count)?, *unit),
        Reading::Strftime(..) => None,
    }
}

fn epoch_ns(value: i64, unit: Option<EpochUnit>) -> Option<i64> {
    let unit = unit.unwrap_or_else(|| EpochUnit::of_magnitude(value.unsigned_abs()));
    value.checked_mul(i64::try_from(unit.ns()).ok()?)
}

/// `2024-01-31T12:00:00`, with or without `Z` behind it.
#[inline]
fn fixed_ns(text: &[u8], last: &mut LastDate, clock: &mut LocalClock) -> Option<i64> {
    let fixed = text.first_chunk::<FIXED_BYTES>()?;
    let offset_s = match text.get(FIXED_BYTES..)? {
        [] => None,
        [b'Z'] => Some(0),
        _ => return None,
    };
    let [date @ .., b'T' | b' ', h0, h1, b':', n0, n1, b':', s0, s1] = fixed else { return None };
    let days = match last.days {
        Some(days) if *date == last.text => days,
        _ => {
            let days = days_at(date)?;
            *last = LastDate { text: *date, days: Some(days) };
            days
        }
    };
    let [h0, h1, n0, n1, s0, s1] = [h0, h1, n0, n1, s0, s1].map(|byte| byte.wrapping_sub(b'0'));
    let is_clock = h0 <= 2 && h1 <= 9 && n0 <= 5 && n1 <= 9 && s0 <= 5 && s1 <= 9;
    let two = |tens: u8, ones: u8| i64::from(tens) * 10 + i64::from(ones);
    let hour = two(h0, h1);
    if !is_clock || hour > 23 {
        return None;
    }
    let second = hour * 3600 + two(n0, n1) * 60 + two(s0, s1);
    clock.instant_ns(days, second * SECOND_NS, offset_s).ok()
}

/// The days of `2024-01-31`.
fn days_at(date: &[u8; DATE_BYTES]) -> Option<i64> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = date else { return None };
    let digits = [y0, y1, y2, y3, m0, m1, d0, d1].map(|byte| i64::from(byte.wrapping_sub(b'0')));
    if digits.iter().any(|digit| *digit > 9) {
        return None;
    }
    let [y0, y1, y2, y3, m0, m1, d0, d1] = digits;
    days_of(y0 * 1000 + y1 * 100 + y2 * 10 + y3, m0 * 10 + m1, d0 * 10 + d1)
}

#[cfg(test)]
mod tests;
