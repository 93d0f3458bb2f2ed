//! Delimiters and starts.

use super::*;

#[test]
fn find_dialect_takes_what_divides_most_records_alike() {
    for (text, delimiter) in [
        ("a,b\n1,2\n", b','),
        ("a;b\n1,5;2,5\n", b';'),
        ("a\tb c\n1,5\t2\n", b'\t'),
        ("a|b|c\n1|2|3\n", b'|'),
        ("a\n1\n", b','),
        ("\"a;b\",c\n\"1;2;3\",4\n", b','),
    ] {
        assert_eq!(find_dialect(text.as_bytes(), true, b'\n', &CsvOptions::default()).delimiter, delimiter, "{text:?}");
    }
}

#[test]
fn find_start_skips_mark_and_banner() {
    let options = CsvOptions { skip_lines: 2, ..CsvOptions::default() };
    let start = find_start(b"\xef\xbb\xbfx\r\ny\r\nz", true, &options).unwrap();
    assert_eq!(start, Start { offset: 9, line: 3, terminator: b'\n' });
    let start = find_start(b"x\ry\rz", true, &options).unwrap();
    assert_eq!(start, Start { offset: 4, line: 3, terminator: b'\r' });
}
