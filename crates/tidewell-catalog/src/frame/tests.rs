//! Frames, numbers, and the frozen objects.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

#[test]
fn frame_of_a_newer_version_or_with_any_bit_flipped_is_refused() {
    let mut frame = begin(*b"TWxx");
    frame.extend_from_slice(b"tide");
    let frame = end(frame);
    assert_eq!(open(*b"TWxx", &frame).unwrap().rest, b"tide");
    assert_eq!(open(*b"TWyy", &frame).unwrap_err(), DecodeError::Corrupt("magic"));
    for bit in 0..frame.len() * 8 {
        let mut flipped = frame.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(open(*b"TWxx", &flipped).is_err(), "{bit}");
    }
    for length in 0..frame.len() {
        assert!(open(*b"TWxx", &frame[..length]).is_err(), "{length}");
    }
    let mut newer = frame.clone();
    newer[4] = 2;
    assert_eq!(open(*b"TWxx", &newer).unwrap_err(), DecodeError::Newer(2));
}

#[test]
fn number_in_another_spelling_than_ours_is_refused() {
    for bytes in [&[0x80][..], &[0x80, 0x00], &[0xff; 10], &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2]] {
        assert!(Reader { rest: bytes }.varint().is_err(), "{bytes:?}");
    }
}

#[test]
fn box_of_another_length_than_stated_is_refused() {
    let packed = pack(&[7; 1000]);
    assert_eq!(unpack(&packed, 1000).unwrap(), [7; 1000]);
    assert!(unpack(&packed, 999).is_err() && unpack(&packed, 1001).is_err() && unpack(b"no zstd", 5).is_err());
}

proptest! {
    #[test]
    fn numbers_are_read_back(number: u64) {
        let mut bytes = Vec::new();
        push_varint(&mut bytes, number);
        let mut reader = Reader { rest: &bytes };
        prop_assert_eq!(reader.varint(), Ok(number));
        prop_assert_eq!(reader.finish(), Ok(()));
    }
}
