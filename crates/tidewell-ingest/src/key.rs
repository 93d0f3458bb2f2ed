//! Idempotency keys: the text by which a client says that two requests are one.

use std::sync::Arc;
use std::time::Duration;

use tidewell_buffer::Buffer;
use tidewell_manifest::{Manifest, State, TOKENS_MAX};
use tidewell_types::{TokenId, Version};
use xxhash_rust::xxh3::xxh3_128;

use crate::error::IngestError;
use crate::look::Look;

/// A view that is older than this is read anew for a request with a key, lest the request be taken for one that was held up.
const VIEW_AGE_MAX: Duration = Duration::from_secs(60);

/// The token of a key: its XXH3 (128 bits), most significant byte first. The same text gives the same token in every
/// process and release; keys are compared within one database.
#[must_use]
pub fn token_of_key(key: &str) -> TokenId {
    TokenId::from_bytes(xxh3_128(key.as_bytes()).to_be_bytes())
}

/// The key of a request, and the version by which this process began to handle it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keyed {
    pub(crate) token: TokenId,
    /// Whether it is folded by an earlier version was known then.
    pub(crate) since: Version,
}

impl Keyed {
    /// Whether the request may have been folded, by way of another process, and forgotten while this one had it: then it must
    /// not be logged, since nobody would notice.
    pub(crate) fn is_outdated(&self, remembers_from: Version) -> bool {
        self.since < remembers_from
    }

    /// What the client of such a request hears.
    pub(crate) fn outdated() -> IngestError {
        let advice = "the write was held up for longer than idempotency keys are remembered: this process has stored nothing \
                      of it; if it was sent to another one too, look whether its rows are there before sending it again";
        IngestError::Unavailable(advice.into())
    }
}

/// What is needed to take requests with keys.
#[derive(Debug)]
pub(crate) struct Keys {
    manifest: Manifest,
    buffer: Arc<Buffer>,
    look: Arc<Look>,
}

impl Keys {
    pub(crate) fn new(manifest: Manifest, buffer: Arc<Buffer>, look: Arc<Look>) -> Self {
        Self { manifest, buffer, look }
    }

    /// Begins to handle a request. No request to the store, but for two GETs once in a minute.
    pub(crate) async fn take(&self, token: TokenId) -> Keyed {
        self.look.renew(VIEW_AGE_MAX).await;
        Keyed { token, since: self.manifest.version() }
    }

    /// Refuses a request with a new key where too many are remembered: none may be forgotten to make room.
    pub(crate) fn check_room(&self, view: &State) -> Result<(), IngestError> {
        let remembered = view.tokens.len() + self.buffer.token_count();
        if remembered >= TOKENS_MAX {
            return Err(IngestError::Busy(format!(
                "{remembered} idempotency keys are remembered and {TOKENS_MAX} is the most: send writes without a key, or try \
                 again when maintenance has ended older generations"
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
