//! Rollups: tables that are kept as aggregates of others.
//!
//! ```text
//! State -> RollupWork::next: which buckets, as of which version -> (the engine asks for their rows) -> RollupWriter: push, commit
//! ```
//!
//! One commit brings a window's rows and takes its marks away, so a bucket is there wholly or not at all. Of two processes that
//! compute the same window the second to commit is refused, and its objects are deleted.

mod columns;
mod plan;
mod writer;

use std::sync::Arc;

use tidewell_env::Env;
use tidewell_manifest::{
    Author, CommitError, Intent, Manifest, Refusal, RollupChange, RollupDefinition, State, check_rollup_name,
};
use tidewell_types::{TimestampNs, Version};

pub use columns::{RollupColumn, columns, tags};
pub use plan::{Reach, RollupWork, due, is_span_known};
pub use writer::{RollupOutcome, RollupWriter};

use crate::error::MaintainError;

/// A definition that cannot be; correct it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RollupError {
    /// By itself, or as the database is.
    #[error("the rollup: {0}")]
    Invalid(String),
    /// There is none of the name.
    #[error("there is no rollup {0:?}: list those that there are")]
    Unknown(String),
}

/// Makes a rollup, with its history from the bucket that holds `since` on. One commit, none where there is the same
/// one already; the version that made it.
///
/// # Errors
/// [`MaintainError::Rollup`] for a name or definition that cannot be, [`MaintainError::Commit`].
pub async fn create(
    manifest: &Manifest,
    env: &Env,
    name: &str,
    definition: RollupDefinition,
    since: TimestampNs,
) -> Result<Version, MaintainError> {
    let invalid = |problem| MaintainError::Rollup(RollupError::Invalid(problem));
    check_rollup_name(name).map_err(invalid)?;
    definition.check().map_err(invalid)?;
    let same = (name.to_owned(), definition.clone());
    let change = RollupChange { name: name.to_owned(), definition: Some((definition, since)) };
    let is_there = move |state: &State| state.rollups.get(&same.0).is_some_and(|rollup| rollup.definition == same.1);
    let state = commit_change(manifest, env, change, is_there).await?;
    Ok(state.rollups.get(name).map_or(state.version, |rollup| rollup.created))
}

/// Gives a rollup up; its target's rows stay. One commit.
///
/// # Errors
/// [`MaintainError::Rollup`] where there is none of the name, [`MaintainError::Commit`].
pub async fn drop(manifest: &Manifest, env: &Env, name: &str) -> Result<Version, MaintainError> {
    let change = RollupChange { name: name.to_owned(), definition: None };
    Ok(commit_change(manifest, env, change, |_| false).await?.version)
}

async fn commit_change(
    manifest: &Manifest,
    env: &Env,
    change: RollupChange,
    is_done: impl Fn(&State) -> bool + Send + 'static,
) -> Result<Arc<State>, MaintainError> {
    let writer = env.writer_id();
    let intend = move |state: &State| {
        if is_done(state) {
            return Ok(None);
        }
        let author = Author { generation: state.open_generation(), writer };
        Ok(Some(Intent { rollup_changes: vec![change.clone()], ..Intent::new(author) }))
    };
    match manifest.commit(intend).await {
        Ok(state) => Ok(state),
        Err(CommitError::Refused(Refusal::RollupMissing(name))) => Err(RollupError::Unknown(name).into()),
        Err(CommitError::Refused(
            refusal @ (Refusal::RollupTaken(_)
            | Refusal::RollupsTooMany(_)
            | Refusal::RollupTargetTaken { .. }
            | Refusal::RollupCycle { .. }),
        )) => Err(RollupError::Invalid(refusal.to_string()).into()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;
