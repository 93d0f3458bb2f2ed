//! Opening a query's first segments while its snapshot is still being confirmed: a round trip less for a cold process.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::physical_plan::ExecutionPlan;
use futures::future::join_all;
use tidewell_manifest::SegmentEntry;
use tidewell_storage::Store;

use crate::params::ParamValue;
use crate::read_units::OPEN_AHEAD;
use crate::scan::ScanExec;
use crate::units::Unit;
use crate::{JsonQuery, QueryEngine, QueryError, View};

/// What a query asks.
#[derive(Clone, Debug)]
pub enum Question {
    /// A SQL statement and its parameters.
    Sql(String, BTreeMap<String, ParamValue>),
    /// A query of the JSON API.
    Json(Box<JsonQuery>),
}

impl QueryEngine {
    /// Puts into the cache what the query will open first, as far as `view`, which need not be true, lets on. Nothing where
    /// queries wait for their turn. Requests: at most one for each list of segments that it meets, and eight for segments.
    ///
    /// # Errors
    /// Those of planning. They are not the query's: it plans anew, on a view that is true.
    pub async fn open_ahead(&self, store: &Store, view: View, question: &Question) -> Result<(), QueryError> {
        if self.has_no_turn() {
            return Ok(());
        }
        let running = self.begin(store, view).await?;
        let plan = self.physical(&running.session, &running.view, &running.statistics, question).await?;
        let mut entries = Vec::new();
        collect(plan.as_ref(), &mut entries);
        entries.truncate(OPEN_AHEAD);
        let access = self.access(&running.view, &running.statistics);
        let ours = entries.iter().filter(|entry| entry.foreign.is_none());
        let opened = join_all(ours.map(|entry| access.open(entry))).await;
        opened.into_iter().try_for_each(|opened| opened.map(drop))
    }
}

/// The segments of a plan's scans that are read first.
fn collect(plan: &dyn ExecutionPlan, entries: &mut Vec<Arc<SegmentEntry>>) {
    let any: &dyn Any = plan;
    if let Some(scan) = any.downcast_ref::<ScanExec>() {
        for unit in scan.source().streams.streams.iter().flat_map(|units| units.iter().take(scan.source().open_ahead()))
        {
            match unit {
                Unit::Segment(entry, share) if share.index == 0 => entries.push(Arc::clone(entry)),
                Unit::Merge(group) => entries.extend(group.segments.iter().cloned()),
                Unit::Segment(..) | Unit::Tail(_) => {}
            }
        }
    }
    for child in plan.children() {
        collect(child.as_ref(), entries);
    }
}
