//! Requests that are stored already: the same idempotency key is the same request.

use std::sync::Arc;

use tidewell_buffer::Buffer;
use tidewell_manifest::{Manifest, State};
use tidewell_types::{Source, TokenId, Watermarks};
use tidewell_wal::AckLevel;

use crate::token::SessionToken;

/// What this process knows of earlier requests; no request to the store.
///
/// Not to know one is safe: its rows are logged once more, and whoever reads or folds the log counts them once. That rests on
/// the entry's place: it lies in a generation that was named by the view which did not know the request, or by an older one, and
/// the request is remembered until that is sealed ([`State::remembers_from`]).
#[derive(Clone, Debug)]
pub(crate) struct Duplicates {
    pub(crate) manifest: Manifest,
    pub(crate) buffer: Arc<Buffer>,
    /// The level that entries of the process's own log or memory have.
    pub(crate) level: AckLevel,
}

/// An earlier request with the same token, stored as safely as is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Earlier {
    /// Where it is logged; `None` when it is known from the segments only.
    pub(crate) session: Option<SessionToken>,
}

impl Duplicates {
    /// The earlier request with this token that is stored at `level` or better as of `view`.
    pub(crate) fn find(&self, view: &State, token: &TokenId, level: AckLevel) -> Option<Earlier> {
        find(&self.buffer, view, self.level, token, level)
    }
}

fn find(
    buffer: &Buffer,
    view: &impl Watermarks,
    local_level: AckLevel,
    token: &TokenId,
    level: AckLevel,
) -> Option<Earlier> {
    let is_folded = view.has_token(token);
    let is_safe = |source: &Source| match source {
        // The main store, or a majority of the replicas: no level asks for more.
        Source::Objects(_) => true,
        Source::Node(_) => local_level.is_local() && level <= local_level,
        Source::Memory(_) => level == AckLevel::None,
    };
    let logged = buffer.find_token(token, view, |source| is_folded || is_safe(source));
    let session = logged.map(|(source, seq)| SessionToken { source, seq });
    (is_folded || session.is_some()).then_some(Earlier { session })
}

#[cfg(test)]
mod tests;
