//! A frame is opened to what was sealed, and one that claims too much is refused before it costs memory.
#![allow(clippy::unwrap_used)]

use std::io::Write as _;

use super::*;

const WRITE_ID: WriteId = WriteId::from_bytes([0x77; 16]);
const KINDS: [Kind; 6] = [Kind::Commit, Kind::Checkpoint, Kind::Hint, Kind::Floor, Kind::Leaf, Kind::Watermarks];

/// A frame of our own making, whole but for what it says.
fn framed(kind: Kind, version: u16, zero: u16, body_bytes: u32, packed: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    frame.extend_from_slice(&kind.magic());
    frame.extend_from_slice(&version.to_le_bytes());
    frame.extend_from_slice(&zero.to_le_bytes());
    frame.extend_from_slice(WRITE_ID.as_bytes());
    frame.extend_from_slice(&body_bytes.to_le_bytes());
    frame.extend_from_slice(packed);
    let checksum = crc32fast::hash(&frame);
    frame.extend_from_slice(&checksum.to_le_bytes());
    frame
}

fn corrupt(what: &'static str) -> Result<(WriteId, Vec<u8>), DecodeError> {
    Err(DecodeError::Corrupt { what })
}

#[test]
fn body_sealed_is_opened() {
    for kind in KINDS {
        for body in [&b""[..], b"a", &[7; 1000]] {
            assert_eq!(open(kind, &seal(kind, WRITE_ID, body).unwrap()).unwrap(), (WRITE_ID, body.to_vec()));
        }
    }
}

#[test]
fn frame_by_hand_is_the_one_that_is_sealed() {
    let packed = zstd::bulk::compress(b"tide", ZSTD_LEVEL).unwrap();
    assert_eq!(framed(Kind::Leaf, FORMAT_VERSION_USUAL, 0, 4, &packed), seal(Kind::Leaf, WRITE_ID, b"tide").unwrap());
}

#[test]
fn frame_of_an_older_version_is_opened_and_of_none_is_not() {
    let packed = zstd::bulk::compress(b"tide", ZSTD_LEVEL).unwrap();
    assert_eq!(open(Kind::Floor, &framed(Kind::Floor, 1, 0, 4, &packed)).unwrap().1, b"tide");
    assert_eq!(open(Kind::Floor, &framed(Kind::Floor, 0, 0, 4, &packed)), corrupt("header"));
    assert_eq!(open(Kind::Floor, &framed(Kind::Floor, 1, 256, 4, &packed)), corrupt("header"));
}

#[test]
fn body_of_another_length_than_stated_is_refused() {
    let packed = zstd::bulk::compress(b"tide", ZSTD_LEVEL).unwrap();
    for stated in [0, 3, 5, 1000] {
        assert_eq!(open(Kind::Hint, &framed(Kind::Hint, 2, 0, stated, &packed)), corrupt("body length"), "{stated}");
    }
    assert_eq!(open(Kind::Hint, &framed(Kind::Hint, 2, 0, 4, &packed[..packed.len() - 1])), corrupt("body"));
    assert_eq!(open(Kind::Hint, &framed(Kind::Hint, 2, 0, 4, b"no zstd")), corrupt("body"));
}

#[test]
fn body_that_unpacks_to_more_is_read_one_byte_past_the_stated_length() {
    let packed = zstd::bulk::compress(&vec![0; 64 << 20], ZSTD_LEVEL).unwrap();
    assert!(packed.len() < 8192);
    assert_eq!(unpack(&packed, 10).unwrap().len(), 11);
    assert_eq!(open(Kind::Commit, &framed(Kind::Commit, 2, 0, 10, &packed)), corrupt("body length"));
}

#[test]
fn frame_that_states_more_than_its_kind_holds_is_refused() {
    let packed = zstd::bulk::compress(&[0; 1 << 11], ZSTD_LEVEL).unwrap();
    for kind in KINDS {
        let most = u32::try_from(kind.body_bytes_max()).unwrap();
        assert_eq!(open(kind, &framed(kind, 2, 0, most + 1, &packed)), corrupt("body length"), "{kind:?}");
    }
    assert_eq!(seal(Kind::Floor, WRITE_ID, &[0; 1025]).unwrap_err(), DecodeError::Corrupt { what: "body length" });
    assert!(seal(Kind::Floor, WRITE_ID, &[0; 1024]).is_ok());
}

#[test]
fn body_that_asks_for_a_large_window_is_refused() {
    for (window_log, is_read) in [(21, true), (ZSTD_WINDOW_LOG_MAX, true), (ZSTD_WINDOW_LOG_MAX + 1, false)] {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), ZSTD_LEVEL).unwrap();
        encoder.window_log(window_log).unwrap();
        encoder.write_all(b"tide").unwrap();
        let packed = encoder.finish().unwrap();
        let opened = open(Kind::Commit, &framed(Kind::Commit, 2, 0, 4, &packed));
        assert_eq!(opened.is_ok(), is_read, "{window_log}");
    }
}
