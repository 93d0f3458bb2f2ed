//! Where a query's bytes come from.

use std::sync::Arc;

use tidewell_cache::{CachedSegment, ObjectCache};
use tidewell_env::Env;
use tidewell_manifest::SegmentEntry;
use tidewell_storage::{ObjectName, Store};

use crate::segment_fault::internal;
use crate::{QueryError, QueryStatistics};

/// What every scan of one query reads through and counts in.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// Metered for this query alone.
    pub(crate) store: Store,
    pub(crate) cache: Arc<ObjectCache>,
    pub(crate) env: Env,
    pub(crate) statistics: Arc<QueryStatistics>,
}

impl Access {
    /// Opens a segment: at most one request as a rule.
    pub(crate) async fn open(&self, entry: &SegmentEntry) -> Result<CachedSegment, QueryError> {
        let object = ObjectName::foreign(&entry.object)
            .ok_or_else(|| internal(format!("the manifest names the object {:?}", entry.object)))?;
        Ok(self.cache.open(&self.store, &object, entry.file_bytes, entry.footer_bytes).await?)
    }
}
