//! Lengths of time in words.

use crate::QueryError;

const UNITS: [(&str, i64); 9] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
    ("w", 604_800_000_000_000),
];

/// Nanoseconds of a length such as `500ms`, `1m` or `1h30m`; above 0.
pub(super) fn parse_duration(text: &str) -> Result<i64, QueryError> {
    let invalid = || {
        QueryError::Invalid(format!(
            "{text:?} is no length of time: give numbers with ns, us, ms, s, m, h, d or w, like 1h30m"
        ))
    };
    let mut total: i64 = 0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(invalid)?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let (_, unit_ns) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(invalid)?;
        let number: i64 = number.parse().map_err(|_| invalid())?;
        total = number.checked_mul(*unit_ns).and_then(|part| total.checked_add(part)).ok_or_else(invalid)?;
        rest = tail;
    }
    if total > 0 { Ok(total) } else { Err(invalid()) }
}
