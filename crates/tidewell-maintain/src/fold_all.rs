//! Folding until nothing that was logged before the call is left in the log.

use crate::error::MaintainError;
use crate::fold::{FoldOutcome, FoldSummary, Folder};

/// How often a fold is begun anew because others kept folding the same entries first.
const ROUNDS_MAX: u32 = 10;

/// Folds everything that was acknowledged before the call, but for rows in local logs and the memory of other processes, which
/// only these can fold.
///
/// # Errors
/// [`MaintainError::Restless`] when other processes were faster every time; else as [`Folder::fold`].
pub(crate) async fn fold_all(folder: &Folder) -> Result<FoldSummary, MaintainError> {
    for _ in 0..ROUNDS_MAX {
        let summary = folder.fold().await?;
        // Elsewhere says that some of the entries are folded, not that all are.
        if summary.outcome != FoldOutcome::Elsewhere {
            return Ok(summary);
        }
    }
    Err(MaintainError::Restless)
}
