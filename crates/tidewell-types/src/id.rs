//! Ids and counters, each its own type so that none stands in for another.

use std::fmt;
use std::str::FromStr;

/// A text that is not the id it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {kind}: {text:?}")]
pub struct IdParseError {
    kind: &'static str,
    text: String,
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 16]);

        impl $name {
            /// An id from its 16 bytes; random ones come from `tidewell_env`.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// Its 16 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($kind, "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = IdParseError;

            /// Reads the 32 lower-case hex digits that `Display` prints.
            fn from_str(text: &str) -> Result<Self, IdParseError> {
                parse_hex16(text).map(Self).ok_or_else(|| IdParseError { kind: $kind, text: text.to_owned() })
            }
        }
    };
}

uuid_id!(
    /// One process's identity as a writer; never reused.
    WriterId,
    "writer id"
);
uuid_id!(
    /// One local WAL folder's identity; it outlives the processes that open it.
    NodeId,
    "node id"
);
uuid_id!(
    /// One logical write to the store: in the body and the metadata of what it created, so that a lost reply can be told
    /// from a lost race.
    WriteId,
    "write id"
);
uuid_id!(
    /// One segment's identity, part of its object name; never reused.
    SegmentId,
    "segment id"
);
uuid_id!(
    /// One store's identity, made with the store.
    StoreId,
    "store id"
);
uuid_id!(
    /// One request's idempotency key, hashed; the same key is the same request.
    TokenId,
    "token id"
);

fn parse_hex16(text: &str) -> Option<[u8; 16]> {
    let digits = text.as_bytes();
    if digits.len() != 32 {
        return None;
    }
    let nibble = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident, $int:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($int);

        impl $name {
            /// The first.
            pub const ZERO: Self = Self(0);

            /// From its number.
            #[must_use]
            pub const fn new(number: $int) -> Self {
                Self(number)
            }

            /// Its number.
            #[must_use]
            pub const fn get(self) -> $int {
                self.0
            }

            /// The one after, or `None` at the end of the range.
            #[must_use]
            pub fn next(self) -> Option<Self> {
                self.0.checked_add(1).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

counter!(
    /// A span of the bucket's life; names carry it, so that what a sealed one left over can be collected without a clock.
    Generation,
    u32
);
counter!(
    /// The place of an entry in its stream: 0, 1, 2, … without gaps.
    Seq,
    u64
);
counter!(
    /// A version of the manifest: the number of its newest commit; 0 is the empty database.
    Version,
    u64
);

/// A stream of WAL objects: one writer within one generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId {
    /// The generation its objects are named under.
    pub generation: Generation,
    /// The process that appends to it.
    pub writer: WriterId,
}

/// Where a WAL entry came from, and so which watermark says that it is folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A stream of objects in the store; any process may fold it.
    Objects(StreamId),
    /// A local log; only the process that holds its folder may fold it.
    Node(NodeId),
    /// A process's memory (`--wal-mode none`); nothing outlives that process.
    Memory(WriterId),
}
