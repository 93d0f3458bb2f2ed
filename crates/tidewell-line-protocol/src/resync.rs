//! Finds where a line ends without understanding it, so that a bad one does not cost the next.

use memchr::memchr2;

use crate::quoted::find_end;

/// The line feed that ends the line whose first character is at `start`, or the length.
///
/// That is the first line feed outside of a string field value: a quoted text right behind an equals sign, after the space
/// that ends the measurement and tags. A quote that is never closed is an ordinary character, so an unclosed string costs
/// its own line only. For every valid line this is where the parser ends it.
pub(crate) fn find_line_end(bytes: &[u8], start: usize) -> usize {
    find_in_fields(bytes, start).unwrap_or(bytes.len())
}

fn find_in_fields(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        at += memchr2(b' ', b'\n', bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'\n') {
            return Some(at);
        }
        if !is_preceded_by(bytes, at, b'\\') {
            break;
        }
        at += 1;
    }
    loop {
        at += memchr2(b'"', b'\n', bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'\n') {
            return Some(at);
        }
        let opens = is_preceded_by(bytes, at, b'=') && !is_preceded_by(bytes, at - 1, b'\\');
        let end = if opens { find_end(bytes, at + 1).map_or(at, |quoted| quoted.end) } else { at };
        at = end + 1;
    }
}

fn is_preceded_by(bytes: &[u8], at: usize, byte: u8) -> bool {
    at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&byte)
}

#[cfg(test)]
mod tests;
