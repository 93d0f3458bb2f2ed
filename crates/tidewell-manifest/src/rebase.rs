//! A state that follows the chain, put on the newest checkpoint that counts: so it stays small, and so do the lists it names.

use crate::error::ManifestError;
use crate::manifest::Manifest;
use crate::state::State;

impl Manifest {
    /// The same state on the newest checkpoint that counts, where the one that it stands on counts no more or is older and the
    /// state holds many segments outside of lists. One GET for the checkpoint and one for each record after it; none mostly.
    pub(crate) async fn rebased(&self, state: State) -> Result<State, ManifestError> {
        let is_kept = state.lists_are_kept();
        let newest = state.checkpoints.last().copied();
        let is_newer = newest > state.basis.checkpoint();
        if is_kept && !(is_newer && self.inner.limits.are_exceeded(&state)) {
            return Ok(state);
        }
        if let Some(newest) = newest {
            let replayed = self.replay_from(Some(newest), state.version).await;
            match replayed {
                // Each record names its parent's digest, so equal ends have equal histories: no need to ask for the floor.
                Ok(Some(based)) if based.digest == state.digest => return Ok(based),
                Err(error @ ManifestError::Storage(_)) if !is_kept => return Err(error),
                _ => {}
            }
        }
        if is_kept { Ok(state) } else { self.load().await }
    }
}

#[cfg(test)]
mod tests;
