//! Commits whose intent a verb may refuse to make, for reasons that the manifest does not know.

use std::sync::Arc;

use parking_lot::Mutex;
use tidewell_manifest::{Intent, Manifest, State};

use crate::error::MaintainError;

/// Commits what `decide` makes of the newest state, as [`Manifest::commit`] does; an error of it ends the attempt, and
/// nothing is committed.
pub(crate) async fn decide<D>(manifest: &Manifest, mut decide: D) -> Result<Arc<State>, MaintainError>
where
    D: FnMut(&State) -> Result<Option<Intent>, MaintainError> + Send + 'static,
{
    let stopped = Arc::new(Mutex::new(None));
    let reason = Arc::clone(&stopped);
    let committed = manifest.commit(move |state| match decide(state) {
        Ok(intent) => Ok(intent),
        Err(error) => {
            *reason.lock() = Some(error);
            Ok(None)
        }
    });
    let committed = committed.await;
    let stopped = stopped.lock().take();
    match stopped {
        Some(error) => Err(error),
        None => Ok(committed?),
    }
}
