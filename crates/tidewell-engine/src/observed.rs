//! What a store is used for, as far as its bucket tells.

use tidewell_cost::Observed;

use crate::engine::Engine;
use crate::error::{EngineError, ErrorKind};

/// Commits of each database that are looked at: with a fold each minute those of half a day.
const COMMITS_MAX: usize = 720;
/// The shortest time that rates are made of.
const SPAN_MS_MIN: u128 = 60_000;

impl Engine {
    /// What the bucket tells of its use: sizes as of now, rates over the newest commits that it still has, up to 720 a database.
    /// Of each database a LIST and a GET for each commit.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, the store; `Invalid` where the commits span less than a minute, so that no rate can
    /// be told.
    pub async fn observed(&self, database: Option<&str>) -> Result<Observed, EngineError> {
        let mut observed = Observed::default();
        let mut is_measured = false;
        for name in self.named(database).await? {
            let database = self.inner.databases.open(&name).await?;
            let state = database.manifest.catch_up().await?;
            let totals = state.totals();
            observed.databases += 1;
            observed.tables += u32::try_from(state.tables.len()).unwrap_or(u32::MAX);
            observed.segments += totals.segment_count;
            observed.segment_bytes += totals.file_bytes;
            observed.segment_rows += totals.row_count;
            observed.log_buckets = observed.log_buckets.max(u32::try_from(state.log_stores.len()).unwrap_or(u32::MAX));
            observed.is_steady |= state.tables.values().any(|table| state.retention_ms_of(table).is_some());
            let activity = database.manifest.activity(COMMITS_MAX).await?;
            if activity.span.as_millis() < SPAN_MS_MIN {
                continue;
            }
            is_measured = true;
            let days = activity.span.as_secs_f64() / 86_400.0;
            observed.rows_per_day += activity.rows as f64 / days;
            observed.log_objects_per_day += activity.log_objects as f64 / days;
            observed.writers = observed.writers.max(u32::try_from(activity.writers).unwrap_or(u32::MAX));
        }
        match is_measured {
            true => Ok(observed),
            false => {
                let message = "the bucket's commits span less than a minute, so no rate can be told: describe the use by flags, \
                               or come back later";
                Err(EngineError::new(ErrorKind::Invalid, message))
            }
        }
    }
}
