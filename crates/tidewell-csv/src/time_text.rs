//! Dates and times as people and programs spell them.

use crate::civil::{DAY_S, SECOND_NS, days_of};
use crate::error::TimeError;
use crate::time_cursor::Cursor;
use crate::time_format::DateOrder;
use crate::timezone::read_offset;

/// A date as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DateText {
    /// Days since 1970-01-01.
    Days(i64),
    /// Two numbers, of which either may be the day, and a year.
    Numeric { first: i64, second: i64, year: i64, dotted: bool },
}

impl DateText {
    /// Which number must be the day, where the numbers tell; dots always stand behind the day.
    pub(crate) fn order(self) -> Option<DateOrder> {
        match self {
            Self::Numeric { dotted: true, .. } => Some(DateOrder::DayFirst),
            Self::Numeric { first, .. } if first > 12 => Some(DateOrder::DayFirst),
            Self::Numeric { second, .. } if second > 12 => Some(DateOrder::MonthFirst),
            _ => None,
        }
    }

    /// Days since 1970-01-01.
    pub(crate) fn days(self, order: Option<DateOrder>) -> Result<i64, TimeError> {
        match self {
            Self::Days(days) => Ok(days),
            Self::Numeric { first, second, year, .. } => {
                let order = order.or_else(|| self.order()).or((first == second).then_some(DateOrder::DayFirst));
                let (month, day) = match order.ok_or(TimeError::DayOrMonth)? {
                    DateOrder::DayFirst => (second, first),
                    DateOrder::MonthFirst => (first, second),
                };
                days_of(year, month, day).ok_or(TimeError::NoSuch("date"))
            }
        }
    }
}

/// A time as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeText {
    pub(crate) date: DateText,
    /// Nanoseconds since midnight; a whole day where it is written as 24:00.
    pub(crate) day_ns: i64,
    pub(crate) offset_s: Option<i32>,
    /// Whether there is more than a date.
    pub(crate) has_clock: bool,
}

/// Reads a date, or a date and a time of day, with or without a zone.
pub(crate) fn read_time(text: &[u8]) -> Result<TimeText, TimeError> {
    let text = text.trim_ascii();
    if let Some(time) = read_fixed(text) {
        return time;
    }
    let mut cursor = Cursor::new(text);
    if text.len() == 14 && text.iter().all(u8::is_ascii_digit) {
        let (Some(date), Some(clock)) = (text.get(..8), text.get(8..)) else { return Err(TimeError::Unknown) };
        let date = DateText::Days(Cursor::new(date).date_of_eight()?);
        return Ok(TimeText { date, day_ns: read_clock(clock)?, offset_s: None, has_clock: true });
    }
    cursor.skip_weekday();
    let Some(date) = read_date(&mut cursor)? else { return read_ctime(&mut cursor) };
    let has_clock = cursor.begin_clock();
    let day_ns = if has_clock { clock(&mut cursor)? } else { 0 };
    let offset_s = zone(&mut cursor)?;
    if !cursor.is_at_end() {
        return Err(if cursor.peek_alpha() { TimeError::UnknownZone } else { TimeError::Unknown });
    }
    Ok(TimeText { date, day_ns, offset_s, has_clock })
}

/// `2024-01-31?12:00:00` and what may follow, without a look at anything else.
#[inline]
fn read_fixed(text: &[u8]) -> Option<Result<TimeText, TimeError>> {
    let fixed = text.first_chunk::<19>()?;
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T' | b' ', h0, h1, b':', n0, n1, b':', s0, s1] = fixed else {
        return None;
    };
    let digits =
        [y0, y1, y2, y3, m0, m1, d0, d1, h0, h1, n0, n1, s0, s1].map(|byte| i64::from(byte.wrapping_sub(b'0')));
    if digits.iter().any(|digit| *digit > 9) {
        return None;
    }
    let [y0, y1, y2, y3, m0, m1, d0, d1, h0, h1, n0, n1, s0, s1] = digits;
    let mut cursor = Cursor::new(text.get(19..)?);
    let fraction_ns = cursor.fraction_ns();
    let offset_s = match cursor.rest() {
        [] => None,
        [b'Z'] => Some(0),
        rest => match read_offset(rest) {
            Some((offset_s, length)) if length == rest.len() => Some(offset_s),
            _ => return None,
        },
    };
    let days = days_of(y0 * 1000 + y1 * 100 + y2 * 10 + y3, m0 * 10 + m1, d0 * 10 + d1);
    let clock = day_ns(h0 * 10 + h1, n0 * 10 + n1, s0 * 10 + s1, fraction_ns);
    Some(
        days.ok_or(TimeError::NoSuch("date"))
            .and_then(|days| Ok(TimeText { date: DateText::Days(days), day_ns: clock?, offset_s, has_clock: true })),
    )
}

/// A time of day that stands alone, in nanoseconds since midnight.
pub(crate) fn read_clock(text: &[u8]) -> Result<i64, TimeError> {
    let mut cursor = Cursor::new(text.trim_ascii());
    let ns = clock(&mut cursor)?;
    if cursor.is_at_end() { Ok(ns) } else { Err(TimeError::Unknown) }
}

/// Reads a date; `None` at a month's name that a day and a clock follow, whose year comes last.
fn read_date(cursor: &mut Cursor<'_>) -> Result<Option<DateText>, TimeError> {
    if cursor.peek_alpha() {
        return month_name_first(cursor);
    }
    let (value, length) = cursor.digits().ok_or(TimeError::Unknown)?;
    match length {
        8 => Cursor::split_eight(value).map(|days| Some(DateText::Days(days))),
        4 => year_first(cursor, value).map(Some),
        1 | 2 => short_first(cursor, value).map(Some),
        _ => Err(TimeError::Unknown),
    }
}

fn year_first(cursor: &mut Cursor<'_>, year: i64) -> Result<DateText, TimeError> {
    let mark = cursor.take_any(b"-/. ").ok_or(TimeError::Unknown)?;
    let month = match cursor.month_name() {
        Some(month) => month,
        None => cursor.short_digits().ok_or(TimeError::Unknown)?,
    };
    cursor.take(mark).ok_or(TimeError::Unknown)?;
    let day = cursor.short_digits().ok_or(TimeError::Unknown)?;
    days_of(year, month, day).map(DateText::Days).ok_or(TimeError::NoSuch("date"))
}

fn short_first(cursor: &mut Cursor<'_>, first: i64) -> Result<DateText, TimeError> {
    let mark = cursor.take_any(b"/.- ").ok_or(TimeError::Unknown)?;
    if mark == b'.' {
        cursor.skip_spaces();
    }
    let name = cursor.month_name();
    let second = match name {
        Some(month) => month,
        None => cursor.short_digits().ok_or(TimeError::Unknown)?,
    };
    if name.is_some() {
        cursor.take_any(b".,");
        cursor.take_any(b"/- ").ok_or(TimeError::Unknown)?;
    } else {
        cursor.take(mark).ok_or(TimeError::Unknown)?;
    }
    let year = year(cursor)?;
    if name.is_some() {
        return days_of(year, second, first).map(DateText::Days).ok_or(TimeError::NoSuch("date"));
    }
    let either_exists = days_of(year, second, first).is_some() || days_of(year, first, second).is_some();
    if !either_exists {
        return Err(TimeError::NoSuch("date"));
    }
    Ok(DateText::Numeric { first, second, year, dotted: mark == b'.' })
}

fn year(cursor: &mut Cursor<'_>) -> Result<i64, TimeError> {
    match cursor.digits() {
        Some((year, 4)) => Ok(year),
        Some((_, 2)) => Err(TimeError::ShortYear),
        _ => Err(TimeError::Unknown),
    }
}

fn month_name_first(cursor: &mut Cursor<'_>) -> Result<Option<DateText>, TimeError> {
    let start = *cursor;
    let month = cursor.month_name().ok_or(TimeError::Unknown)?;
    cursor.take(b'.');
    cursor.take_any(b" -/").ok_or(TimeError::Unknown)?;
    cursor.skip_spaces();
    let day = cursor.short_digits().ok_or(TimeError::Unknown)?;
    cursor.take(b',');
    cursor.take_any(b" -/").ok_or(TimeError::Unknown)?;
    cursor.skip_spaces();
    let (year, length) = cursor.digits().ok_or(TimeError::Unknown)?;
    if length <= 2 && cursor.peek() == Some(b':') {
        *cursor = start;
        return Ok(None);
    }
    match length {
        4 => days_of(year, month, day).map(|days| Some(DateText::Days(days))).ok_or(TimeError::NoSuch("date")),
        2 => Err(TimeError::ShortYear),
        _ => Err(TimeError::Unknown),
    }
}

/// `Jan 31 12:00:00 2024`, with or without a zone before the year.
fn read_ctime(cursor: &mut Cursor<'_>) -> Result<TimeText, TimeError> {
    let month = cursor.month_name().ok_or(TimeError::Unknown)?;
    cursor.skip_spaces();
    let day = cursor.short_digits().ok_or(TimeError::Unknown)?;
    cursor.skip_spaces();
    let day_ns = clock(cursor)?;
    let offset_s = zone(cursor)?;
    cursor.skip_spaces();
    if cursor.peek_alpha() {
        return Err(TimeError::UnknownZone);
    }
    let year = year(cursor)?;
    if !cursor.is_at_end() {
        return Err(TimeError::Unknown);
    }
    let days = days_of(year, month, day).ok_or(TimeError::NoSuch("date"))?;
    Ok(TimeText { date: DateText::Days(days), day_ns, offset_s, has_clock: true })
}

/// `12`, `12:30`, `12:30:15.25`, `12.30.15`, `123015`, and with AM or PM.
fn clock(cursor: &mut Cursor<'_>) -> Result<i64, TimeError> {
    let (value, length) = cursor.digits().ok_or(TimeError::Unknown)?;
    let (mut hour, mut minute, mut second, mut fraction_ns) = (value, 0, 0, 0);
    match length {
        1 | 2 => {
            if let Some(mark) = cursor.take_any(b":.") {
                minute = cursor.short_digits().ok_or(TimeError::Unknown)?;
                if cursor.take(mark).is_some() {
                    second = cursor.short_digits().ok_or(TimeError::Unknown)?;
                    fraction_ns = cursor.fraction_ns();
                }
            }
        }
        4 => (hour, minute) = (value / 100, value % 100),
        6 => {
            (hour, minute, second) = (value / 10_000, value / 100 % 100, value % 100);
            fraction_ns = cursor.fraction_ns();
        }
        _ => return Err(TimeError::Unknown),
    }
    if let Some(is_afternoon) = cursor.meridiem() {
        if !(1..=12).contains(&hour) {
            return Err(TimeError::NoSuch("hour of the 12-hour clock"));
        }
        hour = hour % 12 + if is_afternoon { 12 } else { 0 };
    }
    day_ns(hour, minute, second, fraction_ns)
}

/// Nanoseconds since midnight; 24:00 is the end of the day, and a leap second does not exist.
pub(crate) fn day_ns(hour: i64, minute: i64, second: i64, fraction_ns: i64) -> Result<i64, TimeError> {
    if hour == 24 && minute == 0 && second == 0 && fraction_ns == 0 {
        return Ok(DAY_S * SECOND_NS);
    }
    match (hour, minute, second) {
        (24.., _, _) => Err(TimeError::NoSuch("hour")),
        (_, 60.., _) => Err(TimeError::NoSuch("minute")),
        (_, _, 60..) => Err(TimeError::NoSuch("second")),
        _ => Ok((hour * 3600 + minute * 60 + second) * SECOND_NS + fraction_ns),
    }
}

fn zone(cursor: &mut Cursor<'_>) -> Result<Option<i32>, TimeError> {
    cursor.skip_spaces();
    if cursor.take_word(b"UTC") || cursor.take_word(b"GMT") || cursor.take_word(b"Z") {
        return Ok(Some(0));
    }
    if !matches!(cursor.peek(), Some(b'+' | b'-')) {
        return Ok(None);
    }
    let (offset_s, length) = read_offset(cursor.rest()).ok_or(TimeError::NoSuch("offset"))?;
    cursor.advance(length);
    Ok(Some(offset_s))
}

#[cfg(test)]
mod tests;
