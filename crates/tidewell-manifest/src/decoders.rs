//! Decoders that are private otherwise, for tests of what they make of any bytes.

use bytes::Bytes;
use tidewell_types::WriteId;

use crate::error::DecodeError;
use crate::frame::{self, Kind};
use crate::leaf::{Leaf, leaf_ref};
use crate::record::Record;
use crate::segments::LeafRef;
use crate::state::State;
use crate::{checkpoint, floor, message, part, watermarks};

/// A kind of object of the manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// A commit.
    Commit,
    /// A whole state.
    Checkpoint,
    /// A list of segments.
    Leaf,
    /// Where the streams of a generation ended.
    Watermarks,
    /// Where a checkpoint is.
    Hint,
    /// The floor.
    Floor,
}

impl ObjectKind {
    const fn kind(self) -> Kind {
        match self {
            Self::Commit => Kind::Commit,
            Self::Checkpoint => Kind::Checkpoint,
            Self::Leaf => Kind::Leaf,
            Self::Watermarks => Kind::Watermarks,
            Self::Hint => Kind::Hint,
            Self::Floor => Kind::Floor,
        }
    }

    /// The write id and the message of an object, which is not looked into.
    ///
    /// # Errors
    /// [`DecodeError`] when it is no whole frame of this kind.
    pub fn unwrap(self, object: &[u8]) -> Result<(WriteId, Vec<u8>), DecodeError> {
        frame::open(self.kind(), object)
    }

    /// The object of a message, whatever it is.
    ///
    /// # Errors
    /// [`DecodeError`] when it is longer than any of this kind.
    pub fn wrap(self, write_id: WriteId, message: &[u8]) -> Result<Bytes, DecodeError> {
        frame::seal(self.kind(), write_id, message)
    }

    /// Decodes an object. `named` is the list that a [`ObjectKind::Leaf`] is to be.
    ///
    /// # Errors
    /// [`DecodeError`] as readers get it.
    pub fn read(self, object: &[u8], named: Option<&LeafRef>) -> Result<(), DecodeError> {
        match self {
            Self::Commit => Record::decode(object).map(drop),
            Self::Checkpoint => checkpoint::decode(object).map(drop),
            Self::Leaf => crate::leaf::decode(object, named.ok_or(part::corrupt("name of a list"))?).map(drop),
            Self::Watermarks => watermarks::decode(object).map(drop),
            Self::Hint => checkpoint::decode_hint(object).map(drop),
            Self::Floor => floor::decode(object).map(drop),
        }
    }

    /// Decodes an object, encodes what it is and decodes that: whether both are the same. `named` as in [`ObjectKind::read`].
    ///
    /// # Errors
    /// [`DecodeError`] when it cannot be decoded, or what it is cannot be encoded.
    pub fn goes_round(self, object: &[u8], named: Option<&LeafRef>) -> Result<bool, DecodeError> {
        let write_id = self.unwrap(object)?.0;
        Ok(match self {
            Self::Commit => {
                let read = Record::decode(object)?;
                // Format 1 named a removed segment's id alone, which is not written any more.
                let is_bare = read.1.intent.removes.iter().any(|removal| removal.table.is_none());
                is_bare || Record::decode(&read.1.encode(write_id)?)? == read
            }
            Self::Checkpoint => {
                let read: State = checkpoint::decode(object)?;
                checkpoint::decode(&checkpoint::encode(&read, write_id)?)? == read
            }
            Self::Leaf => {
                let named = named.ok_or(part::corrupt("name of a list"))?;
                let read = crate::leaf::decode(object, named)?;
                crate::leaf::decode(&crate::leaf::encode(&read, write_id)?, named)? == read
            }
            Self::Watermarks => {
                let read = watermarks::decode(object)?;
                watermarks::decode(&watermarks::encode(read.0, &read.1, write_id)?)? == read
            }
            Self::Hint => {
                let read = checkpoint::decode_hint(object)?;
                checkpoint::decode_hint(&checkpoint::encode_hint(read)?)? == read
            }
            Self::Floor => {
                let read = floor::decode(object)?;
                floor::decode(&floor::encode(read, write_id)?)? == read
            }
        })
    }
}

/// What names the list that an object is, if it is one.
#[must_use]
pub fn name_of_list(object: &[u8]) -> Option<LeafRef> {
    let (write_id, list): (_, message::Leaf) = frame::open_message(Kind::Leaf, object).ok()?;
    let entries = list.segments.iter().map(|segment| part::read_segment(segment, None).map(Into::into));
    leaf_ref(tidewell_types::Generation::ZERO, write_id, &entries.collect::<Result<Leaf, _>>().ok()?)
}
