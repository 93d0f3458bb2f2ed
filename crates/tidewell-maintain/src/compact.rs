//! Compact: many small and overlapping segments become few large ones.

mod plan;
mod sweep;
mod worth;

use std::time::Duration;

use tidewell_env::Env;
use tidewell_manifest::Manifest;
use tidewell_storage::Store;

use crate::error::MaintainError;
use crate::rewrite::{RewriteSummary, Rewriter, Rounds, Shape};

/// How compaction works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompactOptions {
    /// The size that segments are to have, in bytes; one of a quarter of it is left alone. A rewrite reads at most twice as
    /// much at once, which bounds its memory.
    pub segment_bytes_target: u64,
    /// Rows of a segment, at most; one with a quarter of it is left alone.
    pub segment_rows_max: u64,
    /// Segments that one rewrite takes, at least 2.
    pub inputs_max: usize,
    /// How long after the end of a window of time its last few segments are put together.
    pub quiet_after: Duration,
    /// Rewrites after which a run ends; `None` for no limit. What is left is done by the next run.
    pub jobs_max: Option<u64>,
    /// Time after which a run starts no further rewrite.
    pub time_max: Option<Duration>,
}

impl Default for CompactOptions {
    /// Segments of 64 MiB or 2 Mi rows, 64 at once, windows quiet after 10 minutes, no limits.
    fn default() -> Self {
        Self {
            segment_bytes_target: 64 * 1024 * 1024,
            segment_rows_max: 2 * 1024 * 1024,
            inputs_max: 64,
            quiet_after: Duration::from_secs(600),
            jobs_max: None,
            time_max: None,
        }
    }
}

impl CompactOptions {
    pub(crate) fn shape(&self) -> Shape {
        Shape {
            segment_bytes_target: self.segment_bytes_target,
            segment_rows_max: self.segment_rows_max,
            inputs_max: self.inputs_max,
        }
    }
}

/// Compacts one database's segments; any number of processes may, at any time, beside folds and every other verb.
#[derive(Debug)]
pub struct Compactor {
    rewriter: Rewriter,
    options: CompactOptions,
}

impl Compactor {
    /// A compactor for one database.
    #[must_use]
    pub fn new(store: Store, env: Env, manifest: Manifest, options: CompactOptions) -> Self {
        let (writer, shape) = (env.writer_id(), options.shape());
        Self { rewriter: Rewriter { store, env, manifest, writer, shape, is_verified: false }, options }
    }

    /// Rewrites segments until nothing is left to win or a limit of the options is reached; calls `progress` after each
    /// rewrite. Rows that were deleted or have expired are left out of what is written, and deletes that every segment has
    /// carried out are lifted. Answers stay the same throughout.
    ///
    /// Requests: for each round (one, and one more after each 64 rewrites) GET next record, GET floor, and a GET for each
    /// list of segments that was not read lately; for each rewrite GET next record, GET floor, a GET for each segment that
    /// goes in, a PUT for each that comes out, and a commit, which is atomic. A rewrite that another process was faster at
    /// costs its work and a DELETE, and changes nothing.
    ///
    /// # Errors
    /// [`MaintainError`]; what was committed until then stays. [`MaintainError::Unreadable`] and
    /// [`MaintainError::Missing`] name one segment, which is left out, and come after everything else was done. After an
    /// unknown outcome nothing is deleted, and the next run finds out.
    pub async fn compact(
        &self,
        progress: &(dyn Fn(&RewriteSummary) + Send + Sync),
    ) -> Result<RewriteSummary, MaintainError> {
        let rounds = Rounds {
            rewriter: &self.rewriter,
            plan: &|live, view| plan::plan(live, view, &self.options),
            lifts: true,
            jobs_max: self.options.jobs_max,
            time_max: self.options.time_max,
        };
        rounds.run(progress).await
    }
}

#[cfg(test)]
mod tests;
