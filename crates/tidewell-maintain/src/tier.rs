//! Tier: segments that are old enough move from hot to cold, read back before they count.

mod plan;

use std::time::Duration;

use tidewell_env::Env;
use tidewell_manifest::Manifest;
use tidewell_storage::Store;

use crate::error::MaintainError;
use crate::rewrite::{RewriteSummary, Rewriter, Rounds, Shape};

/// How tiering works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierOptions {
    /// Segments whose newest row is older than this become cold.
    pub cold_after: Duration,
    /// The size that cold segments are to have, in bytes. A rewrite reads at most twice as much at once, unless a single
    /// segment is larger.
    pub segment_bytes_target: u64,
    /// Rows of a segment, at most.
    pub segment_rows_max: u64,
    /// Segments that one rewrite takes, at least 1.
    pub inputs_max: usize,
    /// Rewrites after which a run ends; `None` for no limit. What is left is done by the next run.
    pub jobs_max: Option<u64>,
    /// Time after which a run starts no further rewrite.
    pub time_max: Option<Duration>,
}

impl TierOptions {
    /// Cold after this time, in segments of 64 MiB or 2 Mi rows made of up to 64, no limits.
    #[must_use]
    pub fn new(cold_after: Duration) -> Self {
        Self {
            cold_after,
            segment_bytes_target: 64 * 1024 * 1024,
            segment_rows_max: 2 * 1024 * 1024,
            inputs_max: 64,
            jobs_max: None,
            time_max: None,
        }
    }

    pub(crate) fn shape(&self) -> Shape {
        Shape {
            segment_bytes_target: self.segment_bytes_target,
            segment_rows_max: self.segment_rows_max,
            inputs_max: self.inputs_max.max(1),
        }
    }
}

/// Moves one database's old segments to the cold tier; any number of processes may, at any time, beside every other verb.
#[derive(Debug)]
pub struct Tierer {
    rewriter: Rewriter,
    options: TierOptions,
}

impl Tierer {
    /// A tierer for one database.
    #[must_use]
    pub fn new(store: Store, env: Env, manifest: Manifest, options: TierOptions) -> Self {
        let (writer, shape) = (env.writer_id(), options.shape());
        Self { rewriter: Rewriter { store, env, manifest, writer, shape, is_verified: true }, options }
    }

    /// Rewrites old hot segments as cold ones, neighbours together, until none is left or a limit of the options is reached;
    /// calls `progress` after each rewrite. Rows that were deleted or have expired are left out. Answers stay the same.
    ///
    /// Each cold segment is read back, decoded and compared with the rows that it was made of before the one commit that
    /// puts it in the place of the hot ones. Ages are by this process's clock: a wrong one tiers too early or too late, and
    /// loses nothing.
    ///
    /// Requests: as [`Compactor::compact`](crate::Compactor::compact), and a GET for each segment that comes out.
    ///
    /// # Errors
    /// As [`Compactor::compact`](crate::Compactor::compact), and [`MaintainError::ReadBack`] when a cold segment is not
    /// what was written: nothing of that rewrite is committed.
    pub async fn tier(
        &self,
        progress: &(dyn Fn(&RewriteSummary) + Send + Sync),
    ) -> Result<RewriteSummary, MaintainError> {
        let rounds = Rounds {
            rewriter: &self.rewriter,
            plan: &|live, view| plan::plan(live, view, &self.options),
            lifts: false,
            jobs_max: self.options.jobs_max,
            time_max: self.options.time_max,
        };
        rounds.run(progress).await
    }
}

#[cfg(test)]
mod tests;
