//! Tests of the search for special bytes against a byte-by-byte one.

use super::find_special;

fn slow<const EQUALS: bool>(bytes: &[u8], start: usize) -> usize {
    let is_special = |byte: &u8| *byte <= b' ' || matches!(byte, b',' | b'\\') || (EQUALS && *byte == b'=');
    (start..bytes.len()).find(|at| bytes.get(*at).is_some_and(is_special)).unwrap_or(bytes.len())
}

#[test]
fn special_every_byte_at_every_place_is_found_as_slowly() {
    for byte in 0..=u8::MAX {
        for place in 0..20 {
            for filler in [b'a', 0x80, 0xFF, b'!', b'-', b'<', b'['] {
                let mut bytes = [filler; 20];
                bytes[place] = byte;
                for start in [0, 3, place, 20] {
                    assert_eq!(find_special::<true>(&bytes, start), slow::<true>(&bytes, start));
                    assert_eq!(find_special::<false>(&bytes, start), slow::<false>(&bytes, start));
                }
            }
        }
    }
}

#[test]
fn special_two_in_a_word_finds_the_first() {
    assert_eq!(find_special::<true>(b"ab=,=\\ ,", 0), 2);
    assert_eq!(find_special::<false>(b"ab=,=\\ ,", 0), 3);
}

#[test]
fn special_start_past_the_end_is_the_start() {
    assert_eq!(find_special::<true>(b"ab", 2), 2);
    assert_eq!(find_special::<true>(b"", 0), 0);
}
