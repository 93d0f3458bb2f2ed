//! Making a database anew from its segments, for the edges.

use tidewell_env::Env;
use tidewell_maintain::rebuild::{self, Progress as Read, RebuildOptions, RebuildSummary};
use tidewell_storage::{Store, StoreOptions, StoreUrl};
use tidewell_types::DatabaseName;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::maintain::Progress;

/// How a database is rebuilt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RebuildRequest {
    /// Looks and says what would come of it; writes nothing.
    pub is_dry_run: bool,
    /// Goes on without objects that cannot be read.
    pub leaves_damaged_out: bool,
}

/// What a rebuild found and made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuildReport {
    /// The version that the database has, or would get.
    pub version: u64,
    /// The tables with their segments, rows and bytes.
    pub tables: Vec<(String, u64, u64, u64)>,
    /// What the operator should know.
    pub notes: Vec<String>,
}

impl Engine {
    /// Makes a database of the segments and log entries in a store whose commits were lost. Nobody else may be running on
    /// it. Refused where the database has any commit.
    ///
    /// # Errors
    /// [`EngineError`]: `Invalid` (it has commits, nothing to rebuild from, objects that contradict each other or cannot be
    /// read), the store. Nothing counts until the last step.
    pub async fn rebuild(
        location: &StoreUrl,
        env: Env,
        database: &str,
        request: RebuildRequest,
        progress: Progress<'_>,
    ) -> Result<RebuildReport, EngineError> {
        let name = DatabaseName::new(database)?;
        let store = Store::open(location, env.clone(), &StoreOptions::default())?;
        let options = RebuildOptions {
            is_dry_run: request.is_dry_run,
            leaves_damaged_out: request.leaves_damaged_out,
            ..RebuildOptions::default()
        };
        let on_progress =
            |read: Read| progress(format!("{name}: {} of {} objects", read.done_count, read.object_count));
        let summary = rebuild::rebuild(&store, &env, &name, &options, &on_progress).await?;
        Ok(report(&summary))
    }
}

fn report(summary: &RebuildSummary) -> RebuildReport {
    let table = |table: &rebuild::RebuiltTable| {
        (table.table.as_str().to_owned(), table.segment_count, table.row_count, table.file_bytes)
    };
    RebuildReport {
        version: summary.version.get(),
        tables: summary.tables.iter().map(table).collect(),
        notes: summary.notes(),
    }
}
