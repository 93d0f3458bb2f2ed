//! Tests of where a line ends.

use super::find_line_end;

#[test]
fn line_end_is_the_first_line_feed_or_the_length() {
    assert_eq!(find_line_end(b"a f=1\nb", 0), 5);
    assert_eq!(find_line_end(b"a f=1", 0), 5);
    assert_eq!(find_line_end(b"a\nb", 0), 1);
    assert_eq!(find_line_end(b"a\nb f=1\nc", 2), 7);
    assert_eq!(find_line_end(b"", 0), 0);
}

#[test]
fn line_end_inside_of_a_string_value_does_not_count() {
    assert_eq!(find_line_end(b"a f=\"x\ny\"\nb", 0), 9);
    assert_eq!(find_line_end(b"a\\ b,t= f=\"x\\\"\ny\"\nb", 0), 17);
    assert_eq!(find_line_end(b"a t=x f=\"\nval\"\nb", 0), 14);
}

#[test]
fn line_end_quote_elsewhere_is_ordinary() {
    assert_eq!(find_line_end(b"\"\n\" f=1\n", 0), 1);
    assert_eq!(find_line_end(b"a,t=\"x\ny\" f=1", 0), 6);
    assert_eq!(find_line_end(b"a \"f=1\n\"", 0), 6);
    assert_eq!(find_line_end(b"a f=x\"y\n\"", 0), 7);
    assert_eq!(find_line_end(b"a f\\=\"y\n\"", 0), 7);
}

#[test]
fn line_end_unclosed_string_ends_with_its_line() {
    assert_eq!(find_line_end(b"a f=\"x\nb f=1\n", 0), 6);
}
