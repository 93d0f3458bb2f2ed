//! A place in the text of a line, and the names that are read from there.

use std::borrow::Cow;

use crate::error::{Failure, Reason};
use crate::scan::find_special;

/// Where reading stands in valid UTF-8.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    pub(crate) text: &'a str,
    pub(crate) at: usize,
    /// Line feeds inside the strings read so far.
    pub(crate) newlines: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(text: &'a str, at: usize) -> Self {
        Self { text, at, newlines: 0 }
    }

    #[inline]
    pub(crate) const fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// The byte at `at`; the end of the text reads as a line feed, because it ends a line just so.
    #[inline]
    pub(crate) fn byte_at(&self, at: usize) -> u8 {
        self.bytes().get(at).copied().unwrap_or(b'\n')
    }

    #[inline]
    pub(crate) fn byte(&self) -> u8 {
        self.byte_at(self.at)
    }

    /// The text between two ASCII bytes.
    #[inline]
    pub(crate) fn slice(&self, start: usize, end: usize) -> &'a str {
        self.text.get(start..end).unwrap_or_default()
    }

    #[inline]
    pub(crate) fn skip_spaces(&mut self) {
        while self.byte() == b' ' {
            self.at += 1;
        }
    }

    /// Whether the line ends at `at`: LF, CRLF or the end of the text.
    #[inline]
    pub(crate) fn ends_line(&self, at: usize) -> bool {
        match self.byte_at(at) {
            b'\n' => true,
            b'\r' => self.bytes().get(at + 1) == Some(&b'\n'),
            _ => false,
        }
    }

    /// Reads a measurement; it stops at a comma, a space or the end of the line.
    #[inline]
    pub(crate) fn measurement(&mut self) -> Result<Name<'a, false>, Failure> {
        self.name()
    }

    /// Reads a tag key, tag value or field key; it stops at a comma, an equals sign, a space or the end of the line.
    #[inline]
    pub(crate) fn key(&mut self) -> Result<Name<'a, true>, Failure> {
        self.name()
    }

    #[inline(always)]
    fn name<const EQUALS: bool>(&mut self) -> Result<Name<'a, EQUALS>, Failure> {
        let start = self.at;
        let end = find_special::<EQUALS>(self.bytes(), start);
        if matches!(self.byte_at(end), b',' | b' ' | b'=' | b'\n') {
            self.at = end;
            return Ok(Name { raw: self.slice(start, end), has_escape: false });
        }
        let has_escape = self.skip_unusual::<EQUALS>(end)?;
        Ok(Name { raw: self.slice(start, self.at), has_escape })
    }

    /// Moves to the end of a name in which a backslash or a control character was met at `met`; tells whether it has an
    /// escape.
    #[cold]
    fn skip_unusual<const EQUALS: bool>(&mut self, met: usize) -> Result<bool, Failure> {
        let mut has_escape = false;
        self.at = met;
        loop {
            self.at = find_special::<EQUALS>(self.bytes(), self.at);
            match self.byte() {
                b',' | b' ' | b'=' | b'\n' => return Ok(has_escape),
                b'\r' if self.ends_line(self.at) => return Ok(has_escape),
                b'\t' | 0 => return Err(Reason::ForbiddenCharacter.at(self.at)),
                b'\\' if is_escapable::<EQUALS>(self.byte_at(self.at + 1)) => {
                    has_escape = true;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
    }
}

/// A name as written; with `EQUALS`, an equals sign may be escaped in it.
///
/// Unescaping is a step of its own, so that the usual name stays two words that fit registers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name<'a, const EQUALS: bool> {
    raw: &'a str,
    has_escape: bool,
}

impl<'a, const EQUALS: bool> Name<'a, EQUALS> {
    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// The name as it is written, where it has no escape.
    #[inline]
    pub(crate) fn plain(self) -> Option<&'a str> {
        (!self.has_escape).then_some(self.raw)
    }

    /// The name without its escapes.
    pub(crate) fn unescaped(self) -> Cow<'a, str> {
        if !self.has_escape {
            return Cow::Borrowed(self.raw);
        }
        let mut text = String::with_capacity(self.raw.len());
        let mut characters = self.raw.chars().peekable();
        while let Some(character) = characters.next() {
            let next = characters.peek().and_then(|next| u8::try_from(*next).ok());
            if character != '\\' || !next.is_some_and(is_escapable::<EQUALS>) {
                text.push(character);
            } else if let Some(escaped) = characters.next() {
                text.push(escaped);
            }
        }
        Cow::Owned(text)
    }
}

/// Whether a backslash before `byte` is an escape.
const fn is_escapable<const EQUALS: bool>(byte: u8) -> bool {
    matches!(byte, b',' | b' ') || (EQUALS && byte == b'=')
}

#[cfg(test)]
mod tests;
