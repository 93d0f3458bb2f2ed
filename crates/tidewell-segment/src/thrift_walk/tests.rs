//! Tests of walking Thrift structures.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::{Value, walk};

type Seen = (usize, Vec<(Vec<i16>, Value)>);

fn seen(bytes: &[u8]) -> Result<Seen, String> {
    let mut seen = Vec::new();
    let len = walk(bytes, &mut |path, value| {
        seen.push((path.to_vec(), value));
        Ok(())
    })?;
    Ok((len, seen))
}

#[test]
fn walk_fields_come_with_their_path() {
    // 1: i32 = -1; 3: struct { 1: true; 16: i64 = 2 }; 4: list<i32> = [5]; end; a byte after it.
    let bytes = [0x15, 0x01, 0x2c, 0x11, 0xf6, 0x04, 0x00, 0x19, 0x15, 0x0a, 0x00, 0xff];
    let (len, seen) = seen(&bytes).unwrap();
    assert_eq!(len, bytes.len() - 1);
    let integer = Value::Integer;
    assert_eq!(
        seen,
        [
            (vec![1], integer(-1)),
            (vec![3], Value::Structure),
            (vec![3, 1], Value::Boolean(true)),
            (vec![3, 16], integer(2)),
            (vec![4], Value::List(1)),
            (vec![4], integer(5))
        ]
    );
}

#[test]
fn walk_list_longer_than_the_bytes_is_refused() {
    let bytes = [0x19, 0xf5, 0xff, 0xff, 0xff, 0xff, 0x07, 0x00];
    assert!(seen(&bytes).unwrap_err().contains("announces"));
}

#[test]
fn walk_text_longer_than_the_bytes_is_refused() {
    assert!(seen(&[0x18, 0x7f, b'a', 0x00]).is_err());
}

#[test]
fn walk_endless_nesting_is_refused() {
    assert!(seen(&[0x1c; 1000]).unwrap_err().contains("deep"));
    let lists: Vec<u8> = std::iter::once(0x19).chain(std::iter::repeat_n(0x19, 1000)).collect();
    assert!(seen(&lists).unwrap_err().contains("deep"));
}

#[test]
fn walk_number_beyond_64_bits_is_refused() {
    let mut bytes = vec![0x16];
    bytes.extend([0xff; 11]);
    assert!(seen(&bytes).unwrap_err().contains("64 bits"));
}

proptest! {
    #[test]
    fn walk_any_bytes_ends(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok((len, _)) = seen(&bytes) {
            prop_assert!(len <= bytes.len());
        }
    }
}
