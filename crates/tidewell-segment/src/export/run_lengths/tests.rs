//! Runs and packed bits against a reader that follows the format's description.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::{bits_of, encode};

fn decode(mut bytes: &[u8], bits: u8, count: usize) -> Vec<u32> {
    let mut values = Vec::new();
    let varint = |bytes: &mut &[u8]| {
        let (mut value, mut shift) = (0_usize, 0);
        loop {
            let (byte, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            value |= usize::from(byte & 0x7f) << shift;
            shift += 7;
            if *byte < 0x80 {
                return value;
            }
        }
    };
    while values.len() < count {
        let header = varint(&mut bytes);
        if header & 1 == 0 {
            let width = usize::from(bits).div_ceil(8);
            let mut value = [0; 4];
            value[..width].copy_from_slice(&bytes[..width]);
            bytes = &bytes[width..];
            values.extend(std::iter::repeat_n(u32::from_le_bytes(value), header >> 1));
        } else {
            let packed;
            (packed, bytes) = bytes.split_at((header >> 1) * usize::from(bits));
            let bit = |at: usize| u32::from(packed[at / 8] >> (at % 8) & 1);
            let width = usize::from(bits);
            values
                .extend((0..(header >> 1) * 8).map(|at| (0..width).map(|of| bit(at * width + of) << of).sum::<u32>()));
        }
    }
    assert!(bytes.is_empty(), "{} bytes are left", bytes.len());
    values.truncate(count);
    values
}

#[test]
fn run_lengths_every_width_comes_back() {
    for bits in 0..=32 {
        let most = (u64::from(u32::MAX) >> (32 - u32::from(bits))) as u32;
        let values: Vec<u32> = (0..1100_u32).map(|at| at.wrapping_mul(2_654_435_761) & most).collect();
        let mut output = Vec::new();
        encode(&values, bits, &mut output);
        assert_eq!(decode(&output, bits, values.len()), values, "{bits} bits");
    }
    assert_eq!([bits_of(0), bits_of(1), bits_of(2), bits_of(255), bits_of(u32::MAX)], [0, 1, 2, 8, 32]);
}

#[test]
fn run_lengths_of_one_value_are_a_few_bytes() {
    let mut output = Vec::new();
    encode(&[5; 100_000], 3, &mut output);
    assert!(output.len() <= 4, "{output:?}");
}

proptest! {
    #[test]
    fn run_lengths_any_mix_comes_back(runs in proptest::collection::vec((0_u32..9, 1_usize..60), 0..40)) {
        let values: Vec<u32> = runs.iter().flat_map(|(value, count)| std::iter::repeat_n(*value, *count)).collect();
        let mut output = Vec::new();
        encode(&values, 4, &mut output);
        prop_assert_eq!(decode(&output, 4, values.len()), values);
    }
}
