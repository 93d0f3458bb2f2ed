//! Which columns are the time, and how it is written.

use crate::epoch::{EpochUnit, read_epoch};
use crate::error::{CsvError, TimeError};
use crate::header::Header;
use crate::instant::is_compact_date;
use crate::missing::Missing;
use crate::rejected::shorten;
use crate::sample::Sample;
use crate::time_column::{Part, TimeReading, join};
use crate::time_format::{DateOrder, Reading, TimeFormat};
use crate::time_text::{read_clock, read_time};

/// A number that is to be taken for a time unasked is no smaller: 1973 in seconds.
const EPOCH_MIN: u64 = 100_000_000;

const NAMES: [&str; 10] = [
    "time",
    "timestamp",
    "datetime",
    "date_time",
    "date time",
    "ts",
    "_time",
    "@timestamp",
    "time_utc",
    "timestamp_utc",
];

/// What the cells of a column look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    DateAndClock,
    Date,
    Clock,
    Epoch,
    Other,
}

fn rank(name: &str) -> usize {
    let name = name.to_ascii_lowercase();
    if NAMES.contains(&name.as_str()) {
        0
    } else if name == "date" || name == "day" {
        1
    } else if ["time", "date", "stamp"].iter().any(|part| name.contains(part))
        || name.ends_with("_at")
        || name.ends_with("_ts")
    {
        2
    } else {
        3
    }
}

fn look_of(cell: &[u8]) -> Look {
    if !is_compact_date(cell.trim_ascii())
        && let Some(epoch) = read_epoch(cell)
    {
        return if epoch.whole >= EPOCH_MIN { Look::Epoch } else { Look::Other };
    }
    match read_time(cell) {
        Ok(time) if time.has_clock => Look::DateAndClock,
        Ok(_) => Look::Date,
        Err(_) if cell.iter().any(|byte| !byte.is_ascii_digit()) && read_clock(cell).is_ok() => Look::Clock,
        Err(TimeError::ShortYear) => Look::Date,
        Err(_) => Look::Other,
    }
}

/// The look of more than half of the cells that have a value.
fn look(sample: &Sample<'_>, missing: &Missing, place: usize) -> Look {
    let mut counts = [0_usize; 5];
    let mut count = 0;
    for row in sample.rows.iter().filter(|row| !missing.is_marker(row.cell(place))) {
        count += 1;
        if let Some(slot) = counts.get_mut(look_of(row.cell(place)) as usize) {
            *slot += 1;
        }
    }
    let all = [Look::DateAndClock, Look::Date, Look::Clock, Look::Epoch];
    let is_most = |look: &Look| count > 0 && counts.get(*look as usize).is_some_and(|some| some * 2 > count);
    all.into_iter().find(is_most).unwrap_or(Look::Other)
}

/// Finds the time columns among those that are nothing else.
pub(crate) fn find_time_columns(
    sample: &Sample<'_>,
    header: &Header,
    missing: &Missing,
    is_free: impl Fn(usize) -> bool,
) -> Result<Vec<usize>, CsvError> {
    let free: Vec<usize> = (0..header.names.len()).filter(|place| is_free(*place)).collect();
    let name = |place: usize| header.names.get(place).map_or("", String::as_str);
    let looks: Vec<(usize, Look)> = free.iter().map(|place| (*place, look(sample, missing, *place))).collect();
    let of = |wanted: Look| looks.iter().filter(move |(_, look)| *look == wanted).map(|(place, _)| *place);
    if of(Look::DateAndClock).next().is_none() {
        if let (Some(date), None) = (of(Look::Date).next(), of(Look::Date).nth(1))
            && let (Some(clock), None) = (of(Look::Clock).next(), of(Look::Clock).nth(1))
        {
            return Ok(vec![date, clock]);
        }
        let parts: Vec<usize> = free.iter().copied().filter(|place| Part::of_name(name(*place)).is_some()).collect();
        let has = |part| parts.iter().any(|place| Part::of_name(name(*place)) == Some(part));
        if of(Look::Date).next().is_none() && has(Part::Year) && has(Part::Month) && has(Part::Day) {
            return Ok(parts);
        }
    }
    let is_candidate = |place: usize, look: Look| match look {
        Look::DateAndClock | Look::Date => true,
        Look::Epoch => rank(name(place)) < 3,
        Look::Clock | Look::Other => false,
    };
    let candidates = looks.iter().filter(|(place, look)| is_candidate(*place, *look));
    let best = candidates.clone().map(|(place, _)| rank(name(*place))).min();
    let mut chosen = candidates.filter(|(place, _)| Some(rank(name(*place))) == best);
    match (chosen.next(), chosen.next()) {
        (Some((place, _)), None) => Ok(vec![*place]),
        _ => Err(CsvError::NoTime { line: header.line, candidates: describe(&looks, header) }),
    }
}

fn describe(looks: &[(usize, Look)], header: &Header) -> String {
    let describe = |(place, look): &(usize, Look)| {
        let name = header.names.get(*place)?;
        let what = match look {
            Look::DateAndClock | Look::Date => "has times",
            Look::Clock => "has times of day and no dates",
            Look::Epoch => "has numbers that may count from 1970",
            Look::Other if rank(name) < 3 => "is named like a time and has none that is known (give --time-format)",
            Look::Other => return None,
        };
        Some(format!("{name:?} {what}"))
    };
    let found: Vec<String> = looks.iter().filter_map(describe).take(10).collect();
    if !found.is_empty() {
        return found.join(", ");
    }
    let names: Vec<String> = header.names.iter().take(10).map(|name| format!("{name:?}")).collect();
    format!("none of {} has times", names.join(", "))
}

/// Decides how the time columns are read, and that they can be.
pub(crate) fn find_reading(
    sample: &Sample<'_>,
    header: &Header,
    places: &[usize],
    format: &TimeFormat,
) -> Result<TimeReading, CsvError> {
    let name = |place: &usize| header.names.get(*place).map_or("", String::as_str);
    if *format != TimeFormat::Auto {
        return Ok(TimeReading::Joined(Reading::of(format)?));
    }
    let parts: Option<Vec<Part>> = places.iter().map(|place| Part::of_name(name(place))).collect();
    match parts {
        Some(parts) if places.len() > 1 && parts.contains(&Part::Year) => return Ok(TimeReading::Parts(parts)),
        _ => {}
    }
    let mut joined = Vec::new();
    let mut epochs = Epochs::default();
    let mut orders = Orders::default();
    for row in &sample.rows {
        join(places.iter().map(|place| row.cell(*place)), &mut joined);
        if joined.is_empty() {
            continue;
        }
        epochs.see(&joined);
        orders.see(&joined, row.line);
    }
    if let Some(unit) = epochs.unit() {
        return Ok(TimeReading::Joined(Reading::Epoch(Some(unit))));
    }
    let order = orders.decide().map_err(|(line, text, reason)| CsvError::Time {
        line,
        column: places.iter().map(name).collect::<Vec<_>>().join(" "),
        text,
        reason,
    })?;
    Ok(TimeReading::Joined(Reading::Text(order)))
}

/// Numbers since 1970.
#[derive(Default)]
struct Epochs {
    count: usize,
    others: usize,
    largest: u64,
}

impl Epochs {
    fn see(&mut self, text: &[u8]) {
        match read_epoch(text).filter(|_| !is_compact_date(text)) {
            Some(epoch) => {
                self.count += 1;
                self.largest = self.largest.max(epoch.whole);
            }
            None => self.others += 1,
        }
    }

    fn unit(&self) -> Option<EpochUnit> {
        (self.count > self.others).then(|| EpochUnit::of_magnitude(self.largest))
    }
}

/// What dates of two numbers and a year say about their order.
#[derive(Default)]
struct Orders {
    day_first: bool,
    month_first: bool,
    undecided: Option<(u64, String)>,
    conflicting: Option<(u64, String)>,
}

impl Orders {
    fn see(&mut self, text: &[u8], line: u64) {
        let Ok(time) = read_time(text) else { return };
        match time.date.order() {
            Some(DateOrder::DayFirst) => self.day_first = true,
            Some(DateOrder::MonthFirst) => self.month_first = true,
            None => {
                if self.undecided.is_none() && time.date.days(None).is_err() {
                    self.undecided = Some((line, shorten(text)));
                }
            }
        }
        if self.day_first && self.month_first && self.conflicting.is_none() {
            self.conflicting = Some((line, shorten(text)));
        }
    }

    fn decide(self) -> Result<Option<DateOrder>, (u64, String, TimeError)> {
        if let Some((line, text)) = self.conflicting {
            return Err((line, text, TimeError::DayOrMonth));
        }
        match (self.day_first, self.month_first, self.undecided) {
            (true, _, _) => Ok(Some(DateOrder::DayFirst)),
            (_, true, _) => Ok(Some(DateOrder::MonthFirst)),
            (_, _, Some((line, text))) => Err((line, text, TimeError::DayOrMonth)),
            _ => Ok(None),
        }
    }
}
