//! Dates of the Gregorian calendar as days since 1970-01-01.

pub(crate) const SECOND_NS: i64 = 1_000_000_000;
pub(crate) const DAY_S: i64 = 86_400;

/// Days since 1970-01-01, or `None` where the calendar has no such date. Years 0 to 9999.
pub(crate) const fn days_of(year: i64, month: i64, day: i64) -> Option<i64> {
    if year < 0 || year > 9999 || month < 1 || month > 12 || day < 1 || day > days_in(year, month) {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests;
