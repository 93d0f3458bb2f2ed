//! Where a query's bytes come from.

use std::sync::Arc;

use tidewell_cache::{CachedSegment, ObjectCache};
use tidewell_env::Env;
use tidewell_manifest::{LiveSegment, Manifest, ManifestError, SegmentEntry, Segments};
use tidewell_storage::{ObjectName, Store};
use tidewell_types::TimeBounds;

use crate::registered::RegisteredFiles;
use crate::segment_fault::internal;
use crate::{QueryError, QueryStatistics};

/// What every scan of one query reads through and counts in.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// Metered for this query alone.
    pub(crate) store: Store,
    pub(crate) manifest: Manifest,
    pub(crate) cache: Arc<ObjectCache>,
    pub(crate) registered: Arc<RegisteredFiles>,
    pub(crate) env: Env,
    pub(crate) statistics: Arc<QueryStatistics>,
}

impl Access {
    /// The segments with rows within a span of time, by rank: at most one request for each list that meets it.
    pub(crate) async fn select(
        &self,
        segments: &Segments,
        within: &TimeBounds,
    ) -> Result<Vec<Arc<SegmentEntry>>, QueryError> {
        match self.manifest.select(segments, within).await {
            Ok(live) => Ok(live.into_iter().map(|LiveSegment { entry, .. }| entry).collect()),
            Err(ManifestError::Collected { object }) => Err(QueryError::Gone { object }),
            Err(ManifestError::Storage(error)) => Err(QueryError::Storage(error.to_string())),
            Err(error) => Err(internal(error)),
        }
    }

    /// Opens a segment of ours: at most one request as a rule.
    pub(crate) async fn open(&self, entry: &SegmentEntry) -> Result<CachedSegment, QueryError> {
        let object = ObjectName::foreign(&entry.object)
            .ok_or_else(|| internal(format!("the manifest names the object {:?}", entry.object)))?;
        Ok(self.cache.open(&self.store, &object, entry.file_bytes, entry.footer_bytes).await?)
    }
}
