//! Times that are written as text.

use chrono::format::{Item, StrftimeItems};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

use super::ForeignError;

/// Checks that a format is one, before any row is read.
pub(crate) fn check_format(format: &str) -> Result<(), ForeignError> {
    if format.is_empty() || StrftimeItems::new(format).any(|item| matches!(item, Item::Error)) {
        return Err(ForeignError::TimeFormat { format: format.to_owned() });
    }
    Ok(())
}

/// A time as nanoseconds since the Unix epoch. Without an offset in the text it is UTC; without a time of day,
/// midnight.
pub(crate) fn parse_instant(text: &str, format: Option<&str>) -> Result<i64, String> {
    let instant = match format {
        Some(format) => by_format(text, format),
        None => iso(text),
    };
    let instant = instant.ok_or_else(|| match format {
        Some(format) => format!("{text:?} is no time in the form {format:?}"),
        None => format!("{text:?} is no time in ISO 8601: give its timestamp format"),
    })?;
    instant.timestamp_nanos_opt().ok_or_else(|| format!("{text:?} {OUT_OF_RANGE}"))
}

/// What is wrong with an instant that nanoseconds cannot tell.
pub(crate) const OUT_OF_RANGE: &str = "is beyond the years 1677 to 2262, which nanoseconds in 64 bits can tell";

fn iso(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Some(instant.to_utc());
    }
    let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    local.or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(midnight)).map(|local| local.and_utc())
}

fn by_format(text: &str, format: &str) -> Option<DateTime<Utc>> {
    if let Ok(instant) = DateTime::parse_from_str(text, format) {
        return Some(instant.to_utc());
    }
    let local = NaiveDateTime::parse_from_str(text, format).ok();
    local.or_else(|| NaiveDate::parse_from_str(text, format).ok().map(midnight)).map(|local| local.and_utc())
}

fn midnight(date: NaiveDate) -> NaiveDateTime {
    date.and_time(NaiveTime::MIN)
}

#[cfg(test)]
mod tests;
