//! What a message weighs is what it takes, and one that would take too much is refused while it is bytes.
#![allow(clippy::unwrap_used)]

use prost::Message as _;
use tidewell_types::WriteId;

use super::*;
use crate::error::DecodeError;
use crate::frame::{self, Kind};
use crate::sample::frozen;
use crate::{checkpoint, record};

const WRITE_ID: WriteId = WriteId::from_bytes([7; 16]);

fn commit() -> Vec<u8> {
    let record = record::Record {
        version: tidewell_types::Version::new(43),
        parent_digest: 1,
        segments_digest: 2,
        at: tidewell_types::TimestampNs::from_ns(3),
        intent: frozen::intent(),
    };
    frame::open(Kind::Commit, &record.encode(WRITE_ID).unwrap()).unwrap().1
}

#[test]
fn message_weighs_its_structures_and_texts() {
    let tag = Tag { tag: "site".into(), min: Some("a".into()), max: None, null_count: 1 };
    let leaf = Leaf { segments: vec![Segment { tags: vec![tag], ..Segment::default() }, Segment::default()] };
    let structures = size_of::<Leaf>() + 2 * size_of::<Segment>() + size_of::<Tag>();
    let texts = 2 * TEXT_BYTES + "site".len() + "a".len();
    let weight = (structures + texts) as u64;
    let bytes = leaf.encode_to_vec();
    assert_eq!(weigh(&bytes, &LEAF, weight), Some(weight));
    assert_eq!(weigh(&bytes, &LEAF, weight - 1), None);
}

#[test]
fn message_of_every_part_is_walked_to_its_end() {
    let state = frame::open(Kind::Checkpoint, &checkpoint::encode(&frozen::state(), WRITE_ID).unwrap()).unwrap().1;
    for (body, shape) in [(commit(), &COMMIT), (state, &CHECKPOINT)] {
        let weight = weigh(&body, shape, DECODED_BYTES_MAX).unwrap();
        assert!((body.len() as u64 * 2..body.len() as u64 * 12).contains(&weight), "{weight} of {}", body.len());
    }
}

#[test]
fn message_that_is_cut_off_or_has_groups_is_none() {
    let body = commit();
    let whole = (0..body.len()).filter(|length| weigh(&body[..*length], &COMMIT, DECODED_BYTES_MAX).is_some());
    // Between two fields it is a message, of fewer fields.
    assert!(whole.count() < body.len() / 10);
    for group in [[0x0b, 0x0c], [0x0e, 0x00], [0x0f, 0x00]] {
        assert_eq!(weigh(&group, &COMMIT, DECODED_BYTES_MAX), None);
    }
    assert_eq!(weigh(&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], &COMMIT, 1 << 20), None);
}

#[test]
fn object_of_empty_elements_is_refused_before_it_takes_memory() {
    // Field 4 of a commit and of a checkpoint and field 1 of a list are segments: two bytes an empty one.
    for (kind, key) in [(Kind::Commit, 0x22), (Kind::Checkpoint, 0x22), (Kind::Leaf, 0x0a), (Kind::Watermarks, 0x12)] {
        let body: Vec<u8> = [key, 0].repeat(14 << 20);
        let object = frame::seal(kind, WRITE_ID, &body).unwrap();
        assert!(object.len() < 16 << 10);
        let refused = match kind {
            Kind::Commit => frame::open_message::<Commit>(kind, &object).err(),
            Kind::Checkpoint => frame::open_message::<Checkpoint>(kind, &object).err(),
            Kind::Leaf => frame::open_message::<Leaf>(kind, &object).err(),
            _ => frame::open_message::<FinalWatermarks>(kind, &object).err(),
        };
        assert_eq!(refused, Some(DecodeError::Corrupt { what: "message" }), "{kind:?}");
    }
}

#[test]
fn message_that_no_reader_would_take_is_not_sealed() {
    // In a list these would be segments, of which each takes far more.
    let many = LogStores { urls: vec![String::new(); 6 << 20] };
    assert_eq!(frame::seal_message(Kind::Leaf, WRITE_ID, &many), Err(DecodeError::Corrupt { what: "message" }));
}
