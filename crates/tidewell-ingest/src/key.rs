//! Idempotency keys: the text by which a client says that two requests are one.

use tidewell_types::TokenId;
use xxhash_rust::xxh3::xxh3_128;

/// The token of a key: its XXH3 (128 bits), most significant byte first. The same text gives the same token in every
/// process and release; keys are compared within one database.
#[must_use]
pub fn token_of_key(key: &str) -> TokenId {
    TokenId::from_bytes(xxh3_128(key.as_bytes()).to_be_bytes())
}

#[cfg(test)]
mod tests;
