//! Cuts never go through a line.

use super::whole_lines;

#[test]
fn cut_keeps_the_last_line_back() {
    for (bytes, whole) in [
        (&b""[..], 0),
        (b"cpu f=1", 0),
        (b"cpu f=1\n", 0),
        (b"cpu f=1\ncpu f=12", 8),
        (b"cpu f=1\r\ncpu f=1", 9),
        (b"cpu f=1\ncpu f=2\n# more", 8),
        (b"bad\ncpu f=2\ncpu", 12),
    ] {
        assert_eq!(whole_lines(bytes), whole, "{:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn cut_passes_over_line_feeds_within_strings() {
    let bytes = b"cpu f=1\ncpu note=\"a\ncpu f=2\nb\"\ncpu f=3";
    assert_eq!(whole_lines(bytes), bytes.len() - 7);
}

#[test]
fn cut_stays_before_a_string_that_may_close_later() {
    let bytes = b"cpu f=1\ncpu note=\"a\ncpu f=2\ncpu f=3\n";
    assert_eq!(whole_lines(bytes), 8);
}

#[test]
fn cut_of_a_character_in_two_keeps_its_line_back() {
    let bytes = "cpu f=1\ncpu,host=ä f=2".as_bytes();
    let inside = bytes.iter().position(|byte| *byte > 127).map_or(0, |at| at + 1);
    assert_eq!(whole_lines(&bytes[..inside]), 8);
}
