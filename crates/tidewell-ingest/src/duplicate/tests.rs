//! When an earlier request stands for a later one: only where it is stored as safely as the later one asks.

use tidewell_buffer::{Entry, EntryToken};
use tidewell_types::{Batch, Generation, GenerationState, NodeId, Seq, Stamp, StreamId, WriterId};

use super::*;

const TOKEN: TokenId = TokenId::from_bytes([7; 16]);
const LEVELS: [AckLevel; 6] =
    [AckLevel::None, AckLevel::OsDefault, AckLevel::Periodic, AckLevel::EveryWrite, AckLevel::Object, AckLevel::Quorum];

struct View {
    is_folded: bool,
}

impl Watermarks for View {
    fn applied(&self, _: &Source) -> Seq {
        Seq::ZERO
    }

    fn generation(&self, _: Generation) -> GenerationState {
        GenerationState::Open
    }

    fn has_token(&self, token: &TokenId) -> bool {
        self.is_folded && *token == TOKEN
    }
}

fn buffer_with(source: Source) -> Buffer {
    let buffer = Buffer::new();
    let tokens = vec![EntryToken { id: TOKEN, spans: Vec::new() }];
    let (seq, stamp) = (Seq::ZERO, Stamp::from_ns(1));
    buffer.apply(Arc::new(Entry { source, seq, stamp, batch: Batch::default(), tokens }));
    buffer
}

/// The levels at which a request is taken for a duplicate of what `source` holds.
fn levels(source: Source, local_level: AckLevel) -> Vec<AckLevel> {
    let buffer = buffer_with(source);
    let session = Some(SessionToken { source, seq: Seq::ZERO });
    let is_found = |level: &AckLevel| {
        let earlier = find(&buffer, &View { is_folded: false }, local_level, &TOKEN, *level);
        assert!(earlier.is_none() || earlier == Some(Earlier { session }));
        earlier.is_some()
    };
    LEVELS.into_iter().filter(is_found).collect()
}

#[test]
fn entry_stands_for_requests_of_its_own_level_and_weaker_ones() {
    let objects = Source::Objects(StreamId { generation: Generation::ZERO, writer: WriterId::from_bytes([1; 16]) });
    let node = Source::Node(NodeId::from_bytes([2; 16]));
    let memory = Source::Memory(WriterId::from_bytes([3; 16]));
    assert_eq!(levels(objects, AckLevel::Object), LEVELS);
    assert_eq!(levels(memory, AckLevel::None), LEVELS[..1]);
    assert_eq!(levels(node, AckLevel::OsDefault), LEVELS[..2]);
    assert_eq!(levels(node, AckLevel::Periodic), LEVELS[..3]);
    assert_eq!(levels(node, AckLevel::EveryWrite), LEVELS[..4]);
    // A local log that an earlier run has left, or another process holds.
    assert_eq!(levels(node, AckLevel::Object), []);
    assert_eq!(levels(node, AckLevel::None), []);
}

#[test]
fn rows_in_segments_stand_for_every_level() {
    let memory = Source::Memory(WriterId::from_bytes([3; 16]));
    for level in LEVELS {
        let folded = View { is_folded: true };
        let earlier = find(&Buffer::new(), &folded, AckLevel::Object, &TOKEN, level);
        assert_eq!(earlier, Some(Earlier { session: None }));
        let session = Some(SessionToken { source: memory, seq: Seq::ZERO });
        assert_eq!(find(&buffer_with(memory), &folded, AckLevel::Object, &TOKEN, level), Some(Earlier { session }));
        let other = TokenId::from_bytes([8; 16]);
        assert_eq!(find(&buffer_with(memory), &folded, AckLevel::None, &other, level), None);
    }
}
