//! Staged segments to a commit.

use tidewell_manifest::{Author, CommitError, Fold, Intent, Manifest, Refusal, SegmentEntry, State};
use tidewell_types::Version;

use crate::error::ImportError;

/// What a commit came to.
#[derive(Debug)]
pub(crate) enum Committed {
    /// The segments count as of this version.
    Yes(Version),
    /// Nothing was committed, and never will be: the generation that the segments are named under has ended.
    TooLate,
    /// It may count, now or later: delete nothing.
    Unknown(String),
}

/// Commits segments, all or none; `fold` says which part of this import they are, so that no other process commits it too.
pub(crate) async fn commit(
    manifest: &Manifest,
    author: Author,
    adds: Vec<SegmentEntry>,
    fold: Fold,
) -> Result<Committed, ImportError> {
    let intent = Intent { adds, folds: vec![fold], ..Intent::new(author) };
    match manifest.commit(move |_: &State| Ok(Some(intent.clone()))).await {
        Ok(state) => Ok(Committed::Yes(state.version)),
        Err(CommitError::Unknown { version, source }) => {
            Ok(Committed::Unknown(format!("outcome of commit {version} unknown: {source}")))
        }
        Err(CommitError::Refused(Refusal::GenerationClosed(_) | Refusal::OtherGeneration(_))) => Ok(Committed::TooLate),
        Err(CommitError::Refused(Refusal::FoldElsewhere { .. })) => Err(ImportError::TakenOver),
        Err(error) => Err(error.into()),
    }
}
