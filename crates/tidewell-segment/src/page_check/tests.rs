//! Tests of the checks on pages.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;

use super::{Chunk, check_pages};

const CHUNK: Chunk<'_> = Chunk { start: 4, row_count: 3, is_fixed_width: true, locations: None };

/// A page header and its data: kind, unpacked and packed bytes, number of values, encoding.
fn page(kind: u8, unpacked: i64, packed: u8, values: u8, encoding: u8) -> Vec<u8> {
    let mut bytes = vec![0x15, kind * 2, 0x15];
    let mut zigzag = (unpacked << 1) as u64;
    while zigzag >= 0x80 {
        bytes.push(zigzag as u8 | 0x80);
        zigzag >>= 7;
    }
    bytes.push(zigzag as u8);
    // Data pages have their own header in field 5, dictionary pages in field 7.
    bytes.extend([
        0x15,
        packed * 2,
        if kind == 0 { 0x2c } else { 0x4c },
        0x15,
        values * 2,
        0x15,
        encoding * 2,
        0x00,
        0x00,
    ]);
    bytes.extend(vec![0; packed.into()]);
    bytes
}

fn check(pages: &[Vec<u8>]) -> Result<(), String> {
    check_pages(&CHUNK, &Bytes::from(pages.concat()))
}

#[test]
fn pages_that_add_up_are_fine() {
    check(&[page(2, 100, 20, 5, 0), page(0, 10, 8, 2, 8), page(0, 10, 8, 1, 0)]).unwrap();
}

#[test]
fn pages_that_announce_too_much_are_refused() {
    for (bad, why) in [
        (page(0, 1 << 30, 8, 3, 0), "size"),
        (page(0, -1, 8, 3, 0), "size"),
        (page(0, 10, 8, 4, 0), "number of values"),
        (page(2, 10, 8, 11, 0), "number of values"),
        (page(0, 10, 8, 3, 6), "encoding"),
        (page(1, 10, 8, 3, 0), "kind"),
        (page(0, 10, 8, 2, 0), "add up"),
    ] {
        let error = check(&[bad]).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn pages_cut_short_are_refused() {
    let mut bytes = page(0, 10, 8, 3, 0);
    bytes.pop();
    assert!(check(&[bytes]).unwrap_err().contains("beyond"));
}

#[test]
fn pages_second_dictionary_is_refused() {
    assert!(check(&[page(2, 10, 8, 1, 0), page(2, 10, 8, 1, 0)]).unwrap_err().contains("kind"));
}
