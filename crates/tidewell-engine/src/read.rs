//! How fresh an answer must be, and of which version.

use std::fmt;
use std::str::FromStr;

use tidewell_ingest::SessionToken;

use crate::error::{EngineError, ErrorKind};

/// How fresh an answer must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consistency {
    /// Every row acknowledged before the query began, by any process that logs to the store. A LIST and two GETs.
    #[default]
    Strong,
    /// Every row that this process has seen, and the write that the query names. No request where that is here already, one
    /// or two GETs otherwise.
    Session,
    /// Every row acknowledged so many milliseconds before the query began. No request where this process looked lately.
    Bounded {
        /// The age, in milliseconds.
        age_ms: u64,
    },
}

impl fmt::Display for Consistency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Strong => f.write_str("strong"),
            Self::Session => f.write_str("session"),
            Self::Bounded { age_ms } => write!(f, "bounded:{age_ms}"),
        }
    }
}

/// Words that are no level of consistency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a consistency: use strong, session or bounded:<milliseconds>")]
pub struct ConsistencyError(String);

impl FromStr for Consistency {
    type Err = ConsistencyError;

    fn from_str(text: &str) -> Result<Self, ConsistencyError> {
        let refused = || ConsistencyError(text.to_owned());
        match text.split_once(':') {
            None if text == "strong" => Ok(Self::Strong),
            None if text == "session" => Ok(Self::Session),
            Some(("bounded", age)) => {
                let age = age.strip_suffix("ms").unwrap_or(age);
                Ok(Self::Bounded { age_ms: age.parse().map_err(|_| refused())? })
            }
            _ => Err(refused()),
        }
    }
}

/// What a query reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// How fresh it must be; `None` is strong, or session where `after` names a write.
    pub consistency: Option<Consistency>,
    /// The token of a write's reply: the answer has that write, whichever process took it.
    pub after: Option<String>,
    /// The name of a snapshot, in place of the newest version.
    pub snapshot: Option<String>,
}

/// The same, checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Fresh { consistency: Consistency, after: Option<SessionToken> },
    Snapshot(String),
}

impl ReadOptions {
    pub(crate) fn check(&self) -> Result<Read, EngineError> {
        if let Some(name) = &self.snapshot {
            if self.consistency.is_some() || self.after.is_some() {
                let message = "a snapshot does not change: leave out `consistency` and `after`";
                return Err(EngineError::new(ErrorKind::Invalid, message));
            }
            return Ok(Read::Snapshot(name.clone()));
        }
        let after = self.after.as_ref().map(|token| token.parse::<SessionToken>());
        let after = after.transpose().map_err(|error| EngineError::new(ErrorKind::Invalid, error.to_string()))?;
        let default = if after.is_some() { Consistency::Session } else { Consistency::Strong };
        Ok(Read::Fresh { consistency: self.consistency.unwrap_or(default), after })
    }
}

#[cfg(test)]
mod tests;
