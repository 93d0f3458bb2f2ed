//! Tests of walking delta streams.
#![allow(clippy::unwrap_used)]

use super::delta_stream;

/// 128 values a block in 4 parts, 3 values from 1, least delta 0, one part 8 bits wide.
fn stream() -> Vec<u8> {
    let mut bytes = vec![0x80, 0x01, 4, 3, 2, 0, 8, 0, 0, 0];
    bytes.extend([1; 32]);
    bytes
}

#[test]
fn delta_stream_is_as_long_as_its_blocks() {
    let mut bytes = stream();
    let len = bytes.len();
    bytes.extend([9, 9, 9]);
    assert_eq!(delta_stream(&bytes, 3), Ok(len));
    assert_eq!(delta_stream(&[0x80, 0x01, 4, 0, 0], 0), Ok(5));
}

#[test]
fn delta_stream_of_too_many_values_is_refused() {
    assert!(delta_stream(&stream(), 2).unwrap_err().contains("announce 3"));
}

#[test]
fn delta_stream_cut_short_or_senseless_is_refused() {
    let bytes = stream();
    assert!(delta_stream(&bytes[..11], 3).unwrap_err().contains("early"));
    assert!(delta_stream(&bytes[..7], 3).unwrap_err().contains("early"));
    assert!(delta_stream(&[0x80, 0x01, 0, 3, 2], 3).unwrap_err().contains("parts"));
    assert!(delta_stream(&[0x80, 0x01, 4, 3, 2, 0, 99, 0, 0, 0], 3).unwrap_err().contains("99 bits"));
}
