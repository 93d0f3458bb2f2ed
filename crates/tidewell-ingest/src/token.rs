//! What a write reply says about where the write is.

use std::fmt;
use std::str::FromStr;

use tidewell_types::{NodeId, Seq, Source, StreamId, WriterId};

/// Names the WAL entry that holds a write. A reply prints it, and a query that carries the text sees that write from any
/// process. The text is opaque to clients: they hand it back as it is, and it may look otherwise in the next release.
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

/// A text that is no session token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a session token: send the one of a write's reply back exactly as it came")]
pub struct SessionTokenError;

impl FromStr for SessionToken {
    type Err = SessionTokenError;

    /// Reads exactly what `Display` prints.
    fn from_str(text: &str) -> Result<Self, SessionTokenError> {
        let token = parse(text).ok_or(SessionTokenError)?;
        // Numbers have spellings that are read and never printed.
        if token.to_string() == text { Ok(token) } else { Err(SessionTokenError) }
    }
}

fn parse(text: &str) -> Option<SessionToken> {
    let mut parts = text.split('.');
    let mut part = || parts.next();
    let source = match part()? {
        "o" => {
            let generation = tidewell_types::Generation::new(part()?.parse().ok()?);
            Source::Objects(StreamId { generation, writer: part()?.parse::<WriterId>().ok()? })
        }
        "n" => Source::Node(part()?.parse::<NodeId>().ok()?),
        "m" => Source::Memory(part()?.parse::<WriterId>().ok()?),
        _ => return None,
    };
    Some(SessionToken { source, seq: Seq::new(part()?.parse().ok()?) })
}

#[cfg(test)]
mod tests;
