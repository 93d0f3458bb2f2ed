//! The instant of a row, from its time columns.

use crate::civil::days_of;
use crate::error::TimeError;
use crate::number::{Scalar, read_scalar};
use crate::time_format::{Reading, TimeFormat};
use crate::time_text::day_ns;
use crate::timezone::LocalClock;

/// A column that holds one number of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

impl Part {
    /// The part that a column's name stands for.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "year" | "yr" | "yyyy" => Self::Year,
            "month" | "mon" | "mo" | "mm" => Self::Month,
            "day" | "dy" | "dd" | "mday" | "day_of_month" => Self::Day,
            "hour" | "hr" | "hh" => Self::Hour,
            "minute" | "min" => Self::Minute,
            "second" | "sec" => Self::Second,
            _ => return None,
        })
    }

    const fn place(self) -> usize {
        self as usize
    }
}

/// How the cells of the time columns become one instant.
#[derive(Clone, Debug)]
pub(crate) enum TimeReading {
    /// The cells joined by spaces.
    Joined(Reading),
    /// A number each.
    Parts(Vec<Part>),
    /// There is no time.
    Absent,
}

impl TimeReading {
    pub(crate) fn format(&self) -> TimeFormat {
        match self {
            Self::Joined(reading) => reading.format(),
            Self::Parts(_) | Self::Absent => TimeFormat::Auto,
        }
    }

    /// The instant of the cells of one row, in nanoseconds.
    pub(crate) fn read<'a>(
        &self,
        cells: impl ExactSizeIterator<Item = &'a [u8]>,
        joined: &mut Vec<u8>,
        clock: &mut LocalClock,
    ) -> Result<i64, TimeError> {
        match self {
            Self::Joined(reading) => {
                join(cells, joined);
                if joined.is_empty() { Err(TimeError::Missing) } else { reading.read(joined, clock) }
            }
            Self::Parts(parts) => read_parts(parts, cells, clock),
            Self::Absent => Ok(0),
        }
    }
}

/// Joins what is in the cells by spaces.
pub(crate) fn join<'a>(cells: impl Iterator<Item = &'a [u8]>, joined: &mut Vec<u8>) {
    joined.clear();
    for cell in cells.map(<[u8]>::trim_ascii).filter(|cell| !cell.is_empty()) {
        if !joined.is_empty() {
            joined.push(b' ');
        }
        joined.extend_from_slice(cell);
    }
}

fn read_parts<'a>(
    parts: &[Part],
    cells: impl Iterator<Item = &'a [u8]>,
    clock: &mut LocalClock,
) -> Result<i64, TimeError> {
    let mut values = [0, 1, 1, 0, 0, 0];
    let mut fraction_ns = 0;
    for (part, cell) in parts.iter().zip(cells) {
        let value = match read_scalar(cell, b'.') {
            Scalar::Integer(value) if (0..=9999).contains(&value) => value,
            Scalar::Float(value) if *part == Part::Second && (0.0..60.0).contains(&value) => {
                fraction_ns = ((value.fract() * 1e9).round() as i64).min(999_999_999);
                value as i64
            }
            Scalar::Float(value) if value.fract() == 0.0 && (0.0..=9999.0).contains(&value) => value as i64,
            _ if cell.trim_ascii().is_empty() => return Err(TimeError::Missing),
            _ => return Err(TimeError::Unknown),
        };
        if let Some(slot) = values.get_mut(part.place()) {
            *slot = value;
        }
    }
    let [year, month, day, hour, minute, second] = values;
    let days = days_of(year, month, day).ok_or(TimeError::NoSuch("date"))?;
    clock.instant_ns(days, day_ns(hour, minute, second, fraction_ns)?, None)
}
