//! Finds the bytes that end or escape a name, eight bytes a step.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The first byte from `start` on that a name may have to stop at: a space or control character, comma, backslash or (with
/// `EQUALS`) equals sign. The length when there is none.
#[inline]
pub(crate) fn find_special<const EQUALS: bool>(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*chunk);
        let mut marks = marks_blank(word) | marks_byte(word, b',') | marks_byte(word, b'\\');
        if EQUALS {
            marks |= marks_byte(word, b'=');
        }
        if marks != 0 {
            return at + (marks.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(&byte) = bytes.get(at) {
        if byte <= b' ' || byte == b',' || byte == b'\\' || (EQUALS && byte == b'=') {
            break;
        }
        at += 1;
    }
    at
}

/// The high bit of the first byte that equals `byte`; bits above it may be set wrongly, which the lowest set bit never is.
#[inline]
const fn marks_byte(word: u64, byte: u8) -> u64 {
    let difference = word ^ (ONES * byte as u64);
    difference.wrapping_sub(ONES) & !difference & HIGHS
}

/// As [`marks_byte`], for bytes up to and including the space.
#[inline]
const fn marks_blank(word: u64) -> u64 {
    word.wrapping_sub(ONES * (b' ' as u64 + 1)) & !word & HIGHS
}

#[cfg(test)]
mod tests;
