//! When a write is acknowledged, and so what can be lost.

use std::fmt;
use std::str::FromStr;

/// The moment at which a write is acknowledged; weakest first.
///
/// | level | acked when | can lose on a process crash / a lost machine |
/// |---|---|---|
/// | `none` | in memory | the buffer / the buffer |
/// | `os-default` | written to the local log, no fsync | nothing / what was not yet folded |
/// | `periodic` | as above, fsync every N ms | nothing / what was not yet folded (and N ms on power loss) |
/// | `every-write` | group fsync done | nothing / what was not yet folded |
/// | `object` | WAL object PUT and re-checked | nothing / nothing |
/// | `quorum` | WAL object on a majority of several buckets | nothing / nothing, one bucket down |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AckLevel {
    /// In memory only.
    None,
    /// In the local log, left to the operating system.
    OsDefault,
    /// In the local log, fsynced every so often.
    Periodic,
    /// In the local log, fsynced.
    EveryWrite,
    /// In the store.
    Object,
    /// In a majority of several stores.
    Quorum,
}

impl AckLevel {
    const ALL: [(Self, &'static str); 6] = [
        (Self::None, "none"),
        (Self::OsDefault, "os-default"),
        (Self::Periodic, "periodic"),
        (Self::EveryWrite, "every-write"),
        (Self::Object, "object"),
        (Self::Quorum, "quorum"),
    ];

    /// Whether the level rests on the local log.
    #[must_use]
    pub const fn is_local(self) -> bool {
        matches!(self, Self::OsDefault | Self::Periodic | Self::EveryWrite)
    }
}

impl fmt::Display for AckLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(level, _)| level == self).map_or("", |(_, name)| name);
        f.pad(name)
    }
}

/// A word that is not an ack level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an ack level: use none, os-default, periodic, every-write, object or quorum")]
pub struct AckLevelError(String);

impl FromStr for AckLevel {
    type Err = AckLevelError;

    fn from_str(text: &str) -> Result<Self, AckLevelError> {
        let name = text.replace('_', "-");
        let level = Self::ALL.iter().find(|(_, known)| *known == name).map(|(level, _)| *level);
        level.ok_or_else(|| AckLevelError(text.to_owned()))
    }
}
