//! What counts as a size.

use super::{ByteSize, parse_bytes, show_bytes};

#[test]
fn size_with_and_without_unit_is_bytes() {
    for (text, bytes) in
        [("0", 0), ("17", 17), ("17B", 17), ("1KiB", 1024), ("64MiB", 64 << 20), ("2 gib", 2 << 30), ("1TIB", 1 << 40)]
    {
        assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
    }
}

#[test]
fn size_that_is_none_is_refused_with_the_units() {
    for text in ["", "MiB", "-1", "1.5MiB", "64MB", "64 apples", "0x10"] {
        let error = parse_bytes(text).unwrap_err();
        assert!(error.contains("KiB, MiB, GiB"), "{text}: {error}");
    }
}

#[test]
fn size_beyond_64_bits_is_refused() {
    for text in ["18446744073709551616", "16777216TiB"] {
        assert!(parse_bytes(text).unwrap_err().contains("too large"), "{text}");
    }
}

#[test]
fn bytes_for_a_person_take_the_largest_unit_that_fits() {
    assert_eq!(show_bytes(1023), "1023 B");
    assert_eq!(show_bytes(1024), "1.0 KiB");
    assert_eq!(show_bytes(64 << 20), "64.0 MiB");
}

#[test]
fn size_shown_exactly_reads_back() {
    for (bytes, text) in [(0, "0"), (1023, "1023"), (1025, "1025"), (1536 << 10, "1536KiB"), (64 << 20, "64MiB")] {
        assert_eq!(ByteSize(bytes).to_string(), text);
        assert_eq!(text.parse(), Ok(ByteSize(bytes)));
    }
}
