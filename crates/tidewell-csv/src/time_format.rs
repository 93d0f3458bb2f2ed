//! Formats of time that a user may name, and the reader of one.

use std::fmt;
use std::str::FromStr;

use chrono::format::{Item, Parsed, StrftimeItems, parse};

use crate::civil::SECOND_NS;
use crate::epoch::{EpochUnit, read_epoch};
use crate::error::{CsvError, TimeError};
use crate::time_text::{day_ns, read_time};
use crate::timezone::LocalClock;

/// Which number of a date like `01/02/2024` is the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// The first.
    DayFirst,
    /// The second.
    MonthFirst,
}

/// How the time columns are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TimeFormat {
    /// Found by content: dates and times in many spellings, or a number since 1970 whose unit goes by
    /// [`EpochUnit::of_magnitude`] of the largest one in the sample.
    #[default]
    Auto,
    /// A number since 1970; without a unit by size as for [`Self::Auto`].
    Epoch(Option<EpochUnit>),
    /// Any spelling of [`parse_instant`](crate::parse_instant) with the day or the month first.
    Text(DateOrder),
    /// A strftime format, as [`chrono` has it](https://docs.rs/chrono/latest/chrono/format/strftime/index.html). Hours
    /// and minutes that it does not name are 0.
    Strftime(String),
}

impl FromStr for TimeFormat {
    type Err = CsvError;

    /// Reads `auto`, `rfc3339` (as auto), `epoch`, `epoch_s`, `epoch_ms`, `epoch_us`, `epoch_ns`, `day_first`,
    /// `month_first`, or whatever has a `%` as a strftime format.
    fn from_str(text: &str) -> Result<Self, CsvError> {
        Ok(match text {
            "auto" | "rfc3339" | "iso8601" => Self::Auto,
            "epoch" => Self::Epoch(None),
            "epoch_s" | "s" => Self::Epoch(Some(EpochUnit::Seconds)),
            "epoch_ms" | "ms" => Self::Epoch(Some(EpochUnit::Milliseconds)),
            "epoch_us" | "us" => Self::Epoch(Some(EpochUnit::Microseconds)),
            "epoch_ns" | "ns" => Self::Epoch(Some(EpochUnit::Nanoseconds)),
            "day_first" => Self::Text(DateOrder::DayFirst),
            "month_first" => Self::Text(DateOrder::MonthFirst),
            _ if text.contains('%') => {
                strftime_items(text)?;
                Self::Strftime(text.to_owned())
            }
            _ => {
                return Err(CsvError::Option(format!(
                    "time format {text:?} is not known: give auto, epoch, epoch_s, epoch_ms, epoch_us, epoch_ns, day_first, \
                     month_first, or a strftime format such as %Y-%m-%d %H:%M:%S"
                )));
            }
        })
    }
}

impl fmt::Display for TimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Epoch(None) => f.write_str("epoch"),
            Self::Epoch(Some(unit)) => write!(f, "epoch_{unit}"),
            Self::Text(DateOrder::DayFirst) => f.write_str("day_first"),
            Self::Text(DateOrder::MonthFirst) => f.write_str("month_first"),
            Self::Strftime(format) => f.write_str(format),
        }
    }
}

fn strftime_items(format: &str) -> Result<Vec<Item<'static>>, CsvError> {
    StrftimeItems::new(format).parse_to_owned().map_err(|_| {
        CsvError::Option(format!("time format {format:?} has a % that strftime does not know: correct it"))
    })
}

/// How the text of the time columns is read, once that is decided.
#[derive(Clone, Debug)]
pub(crate) enum Reading {
    Text(Option<DateOrder>),
    Epoch(Option<EpochUnit>),
    Strftime(String, Vec<Item<'static>>),
}

impl Reading {
    /// The reading of a format; that of [`TimeFormat::Auto`] takes text, and numbers by their size.
    pub(crate) fn of(format: &TimeFormat) -> Result<Self, CsvError> {
        Ok(match format {
            TimeFormat::Auto => Self::Text(None),
            TimeFormat::Text(order) => Self::Text(Some(*order)),
            TimeFormat::Epoch(unit) => Self::Epoch(*unit),
            TimeFormat::Strftime(text) => Self::Strftime(text.clone(), strftime_items(text)?),
        })
    }

    /// The format that reads the same.
    pub(crate) fn format(&self) -> TimeFormat {
        match self {
            Self::Text(None) => TimeFormat::Auto,
            Self::Text(Some(order)) => TimeFormat::Text(*order),
            Self::Epoch(unit) => TimeFormat::Epoch(*unit),
            Self::Strftime(text, _) => TimeFormat::Strftime(text.clone()),
        }
    }

    /// The instant of a text, in nanoseconds.
    pub(crate) fn read(&self, text: &[u8], clock: &mut LocalClock) -> Result<i64, TimeError> {
        match self {
            Self::Text(order) => {
                let time = read_time(text)?;
                clock.instant_ns(time.date.days(*order)?, time.day_ns, time.offset_s)
            }
            Self::Epoch(unit) => read_epoch(text).ok_or(TimeError::Unknown)?.ns(*unit),
            Self::Strftime(format, items) => {
                let misfit = || TimeError::Format(format.clone());
                let text = std::str::from_utf8(text.trim_ascii()).map_err(|_| misfit())?;
                let mut parsed = Parsed::new();
                parse(&mut parsed, text, items.iter()).map_err(|_| misfit())?;
                parsed_ns(&parsed, clock).unwrap_or_else(|| Err(misfit()))
            }
        }
    }
}

/// The instant that a format found, or `None` where it does not have all of a date.
fn parsed_ns(parsed: &Parsed, clock: &mut LocalClock) -> Option<Result<i64, TimeError>> {
    let nanosecond = i64::from(parsed.nanosecond().unwrap_or(0));
    if let Some(seconds) = parsed.timestamp() {
        let ns = i128::from(seconds) * i128::from(SECOND_NS) + i128::from(nanosecond);
        return Some(i64::try_from(ns).map_err(|_| TimeError::OutOfRange));
    }
    let date = parsed.to_naive_date().ok()?;
    let days = i64::from(chrono::Datelike::num_days_from_ce(&date)) - 719_163;
    let hour = match (parsed.hour_div_12(), parsed.hour_mod_12()) {
        (Some(half), Some(hour)) => i64::from(half) * 12 + i64::from(hour),
        (None, None) => 0,
        _ => return None,
    };
    let minute = i64::from(parsed.minute().unwrap_or(0));
    let second = i64::from(parsed.second().unwrap_or(0));
    let clock_ns = day_ns(hour, minute, second, nanosecond);
    Some(clock_ns.and_then(|day_ns| clock.instant_ns(days, day_ns, parsed.offset())))
}

#[cfg(test)]
mod tests;
