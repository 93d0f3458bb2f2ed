//! The bytes of journal entries: as frozen, and nothing else.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

#[test]
fn entry_of_format_1_reads_as_it_was_written() {
    let frozen = include_bytes!("../../../fixtures/import-entry-v1.bin");
    assert_eq!(decode(frozen), Ok(vec![1, u128::MAX - 1]));
    assert_eq!(encode(&[1, u128::MAX - 1]), frozen.as_slice());
}

#[test]
fn entry_of_a_newer_format_is_refused() {
    let mut newer = encode(&[7]).to_vec();
    newer[4] = 2;
    assert_eq!(decode(&newer), Err(EntryError::Newer(2)));
}

proptest! {
    #[test]
    fn entry_reads_back_and_no_flipped_bit_goes_unseen(files in prop::collection::vec(any::<u128>(), 0..20), at in any::<usize>()) {
        let body = encode(&files);
        prop_assert_eq!(decode(&body), Ok(files));
        let mut flipped = body.to_vec();
        let at = at % (8 * flipped.len());
        flipped[at / 8] ^= 1 << (at % 8);
        prop_assert!(decode(&flipped).is_err());
    }

    #[test]
    fn any_bytes_are_an_entry_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(files) = decode(&bytes) {
            prop_assert_eq!(encode(&files), bytes);
        }
    }
}
