//! Instants and days as RFC 3339 text.

use std::io::Write as _;

const DAY_SECONDS: i64 = 86_400;

/// `ns` nanoseconds since the Unix epoch as `2023-11-14T22:13:20.123456789Z`: always nine digits of fraction, in UTC.
#[must_use]
pub fn rfc3339_ns(ns: i64) -> String {
    let mut out = Vec::with_capacity(30);
    push_instant(ns, 1_000_000_000, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// Appends the instant `ticks / ticks_per_second` seconds after the Unix epoch; that divisor is 1, 10³, 10⁶ or 10⁹.
pub(crate) fn push_instant(ticks: i64, ticks_per_second: i64, out: &mut Vec<u8>) {
    let seconds = ticks.div_euclid(ticks_per_second);
    let fraction_ns = ticks.rem_euclid(ticks_per_second) * (1_000_000_000 / ticks_per_second);
    push_day(seconds.div_euclid(DAY_SECONDS), out);
    let of_day = seconds.rem_euclid(DAY_SECONDS);
    out.push(b'T');
    push_digits(of_day / 3600, 2, out);
    out.push(b':');
    push_digits(of_day / 60 % 60, 2, out);
    out.push(b':');
    push_digits(of_day % 60, 2, out);
    out.push(b'.');
    push_digits(fraction_ns, 9, out);
    out.push(b'Z');
}

/// Appends the day that lies `days` after 1970-01-01 as `2023-11-14`; a year beyond four digits carries its sign.
pub(crate) fn push_day(days: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil(days);
    if (0..=9999).contains(&year) {
        push_digits(year, 4, out);
    } else {
        // Writing to a Vec cannot fail.
        let _ = write!(out, "{year:+05}");
    }
    out.push(b'-');
    push_digits(month, 2, out);
    out.push(b'-');
    push_digits(day, 2, out);
}

/// The proleptic Gregorian year, month and day of a day number, by the 400-year cycle counted from 0000-03-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn push_digits(number: i64, width: u32, out: &mut Vec<u8>) {
    for place in (0..width).rev() {
        let digit = number / 10_i64.pow(place) % 10;
        out.push(b'0' + u8::try_from(digit).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests;
