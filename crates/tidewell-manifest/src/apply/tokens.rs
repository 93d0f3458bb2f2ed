//! Requests that were folded, and how long they are remembered.

use std::sync::Arc;

use tidewell_types::{GenerationState, Version};

use crate::error::Refusal;
use crate::intent::Intent;
use crate::state::State;

impl State {
    /// The version from which on every request that a fold brought is remembered: the opening of the newest generation that is
    /// sealed, with all before it.
    ///
    /// A later log entry with rows of a request that was folded before that version can lie in a generation only that was named
    /// by somebody who knew of that opening, and so of the fold. It is void in any other: they are sealed.
    #[must_use]
    pub fn remembers_from(&self) -> Version {
        let in_turn = self.generations.iter().zip(0u32..);
        let sealed = in_turn.take_while(|((generation, entry), number)| {
            generation.get() == *number && entry.state == GenerationState::Sealed
        });
        sealed.map(|((_, entry), _)| entry.opened).max().unwrap_or_default()
    }

    pub(super) fn take_tokens(&mut self, intent: &Intent, version: Version) -> Result<(), Refusal> {
        if intent.tokens.is_empty() {
            return Ok(());
        }
        let tokens = Arc::make_mut(&mut self.tokens);
        for token in &intent.tokens {
            if tokens.insert(*token, version).is_some() {
                return Err(Refusal::TokenTaken(token.to_string()));
            }
        }
        Ok(())
    }

    /// Lets go of the requests that no entry can bring again.
    pub(super) fn forget_tokens(&mut self) {
        let from = self.remembers_from();
        if self.tokens.values().any(|version| *version < from) {
            Arc::make_mut(&mut self.tokens).retain(|_, version| *version >= from);
        }
    }
}

#[cfg(test)]
mod tests;
