//! The pieces that dates and times are made of.

use crate::civil::days_of;
use crate::error::TimeError;

const MONTHS: [&[u8]; 12] = [
    b"january",
    b"february",
    b"march",
    b"april",
    b"may",
    b"june",
    b"july",
    b"august",
    b"september",
    b"october",
    b"november",
    b"december",
];
const WEEKDAYS: [&[u8]; 7] = [b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday"];

/// The most digits that one number of a time has, a fraction apart.
const DIGITS_MAX: usize = 8;

/// A place in a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { rest: text }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    pub(crate) fn peek_alpha(&self) -> bool {
        self.rest.first().is_some_and(u8::is_ascii_alphabetic)
    }

    pub(crate) fn advance(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    pub(crate) fn take(&mut self, byte: u8) -> Option<u8> {
        let found = self.peek().filter(|next| *next == byte)?;
        self.advance(1);
        Some(found)
    }

    pub(crate) fn take_any(&mut self, bytes: &[u8]) -> Option<u8> {
        let found = self.peek().filter(|next| bytes.contains(next))?;
        self.advance(1);
        Some(found)
    }

    pub(crate) fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    /// A number and how many digits it has; none where it has more than any part of a time.
    pub(crate) fn digits(&mut self) -> Option<(i64, usize)> {
        let length = self.rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if length == 0 || length > DIGITS_MAX {
            return None;
        }
        let digits = self.rest.get(..length)?;
        self.advance(length);
        Some((digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0')), length))
    }

    /// A number of one or two digits.
    pub(crate) fn short_digits(&mut self) -> Option<i64> {
        self.digits().filter(|(_, length)| *length <= 2).map(|(value, _)| value)
    }

    /// A point or comma and digits, as nanoseconds; digits behind the ninth are cut off. 0 where there is none.
    pub(crate) fn fraction_ns(&mut self) -> i64 {
        let (Some(b'.' | b','), Some(b'0'..=b'9')) = (self.rest.first(), self.rest.get(1)) else { return 0 };
        self.advance(1);
        let mut scale = 100_000_000;
        let mut ns = 0;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            ns += i64::from(digit - b'0') * scale;
            scale /= 10;
            self.advance(1);
        }
        ns
    }

    /// The letters from here on.
    fn word(&self) -> &'a [u8] {
        let length = self.rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        self.rest.get(..length).unwrap_or_default()
    }

    pub(crate) fn take_word(&mut self, word: &[u8]) -> bool {
        let found = self.word().eq_ignore_ascii_case(word);
        if found {
            self.advance(word.len());
        }
        found
    }

    /// Takes an English name, or its first three letters or more; gives its place in the list.
    fn take_name(&mut self, names: &[&[u8]]) -> Option<usize> {
        let word = self.word();
        let begins = |name: &&[u8]| name.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        let place = names.iter().position(|name| word.len() >= 3 && begins(name))?;
        self.advance(word.len());
        Some(place)
    }

    pub(crate) fn month_name(&mut self) -> Option<i64> {
        let place = self.take_name(&MONTHS)?;
        i64::try_from(place + 1).ok()
    }

    pub(crate) fn skip_weekday(&mut self) {
        if self.take_name(&WEEKDAYS).is_some() {
            self.take_any(b",.");
            self.skip_spaces();
        }
    }

    /// Whether it is the afternoon, where AM or PM follows.
    pub(crate) fn meridiem(&mut self) -> Option<bool> {
        let mut ahead = *self;
        ahead.skip_spaces();
        let is_afternoon = match ahead.peek()?.to_ascii_lowercase() {
            b'a' => false,
            b'p' => true,
            _ => return None,
        };
        ahead.advance(1);
        let is_dotted = ahead.take(b'.').is_some();
        ahead.take_any(b"mM")?;
        if is_dotted {
            ahead.take(b'.');
        }
        if ahead.peek_alpha() {
            return None;
        }
        *self = ahead;
        Some(is_afternoon)
    }

    /// Steps over what divides a date from a time of day; whether a time of day follows.
    pub(crate) fn begin_clock(&mut self) -> bool {
        let before = *self;
        if self.take_any(b"Tt_:").is_none() {
            self.take(b',');
            self.skip_spaces();
        }
        let follows = self.rest.len() < before.rest.len() && self.peek().is_some_and(|byte| byte.is_ascii_digit());
        if !follows {
            *self = before;
        }
        follows
    }

    /// The days of a date like `20240131`.
    pub(crate) fn date_of_eight(&mut self) -> Result<i64, TimeError> {
        match self.digits() {
            Some((value, 8)) => Self::split_eight(value),
            _ => Err(TimeError::Unknown),
        }
    }

    pub(crate) fn split_eight(value: i64) -> Result<i64, TimeError> {
        days_of(value / 10_000, value / 100 % 100, value % 100).ok_or(TimeError::NoSuch("date"))
    }
}
