//! Bits of the bytes that are found, and of no others.

use proptest::prelude::*;

use super::{WINDOW_BYTES, find_either};

proptest! {
    #[test]
    fn find_either_marks_the_bytes_that_are_one_of_two(
        bytes in proptest::collection::vec(prop_oneof![Just(b','), Just(b'\n'), Just(b'+'), any::<u8>()], WINDOW_BYTES),
        one in any::<u8>(),
    ) {
        let window: [u8; WINDOW_BYTES] = bytes.try_into().unwrap();
        for (one, other) in [(b',', b'\n'), (one, b','), (0xff, 0x80)] {
            let wanted: u64 = window.iter().enumerate().map(|(at, byte)| u64::from(*byte == one || *byte == other) << at).sum();
            prop_assert_eq!(find_either(&window, one, other), wanted);
        }
    }
}
