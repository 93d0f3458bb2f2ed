//! What a write reply says about where the write is.

use std::fmt;

use tidewell_types::{Seq, Source};

/// Names the WAL entry that holds a write; opaque to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionToken {
    /// Where the entry is logged.
    pub source: Source,
    /// Its place there.
    pub seq: Seq,
}

impl fmt::Display for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.source {
            Source::Objects(stream) => write!(f, "o.{}.{}.{}", stream.generation, stream.writer, self.seq),
            Source::Node(node) => write!(f, "n.{node}.{}", self.seq),
            Source::Memory(writer) => write!(f, "m.{writer}.{}", self.seq),
        }
    }
}
