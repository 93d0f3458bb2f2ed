//! Collectors that go by age, or by what they know of themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use tidewell_manifest::{SegmentEntry, State};
use tidewell_storage::{ObjectName, Tier};
use tidewell_types::Version;

use crate::host::Host;
use crate::pinned::ReadError;
use crate::verdict::Explain as _;

/// Segments that no commit named when they were last looked at.
pub(super) type Old = BTreeSet<String>;

/// Deletes records that a checkpoint has, and leaves the floor where it is.
pub(super) async fn records(host: &Host) -> Result<(), ReadError> {
    let state = host.manifest.catch_up().await?;
    if state.version < Version::new(2) {
        return Ok(());
    }
    host.manifest.write_checkpoint(&state).await?;
    let layout = host.manifest.layout();
    let listed = host.store.list(&layout.log_prefix()).await?;
    let versions = listed.iter().filter_map(|object| layout.parse_log(&object.key));
    let gone: Vec<ObjectName> =
        versions.filter(|version| *version < state.version).map(|version| layout.log(version)).collect();
    Ok(host.store.delete(&gone).await?)
}

async fn live(host: &Host, state: &State) -> Result<BTreeSet<String>, ReadError> {
    let mut live = BTreeSet::new();
    let visit = |_: &_, entry: &Arc<SegmentEntry>| live.extend([entry.object.clone()]);
    host.manifest.visit_segments(state, visit).await?;
    Ok(live)
}

/// Deletes what is not live and was not the last time either.
pub(super) async fn orphans(host: &Host, old: &mut Old) -> Result<(), ReadError> {
    let state = host.manifest.catch_up().await?;
    let live = live(host, &state).await?;
    let is_grave = |key: &String| state.graves.values().any(|grave| grave.object == *key);
    let listed = host.store.list(&host.manifest.layout().segment_prefix(Tier::Hot)).await?;
    let orphans: Old =
        listed.into_iter().map(|object| object.key).filter(|key| !live.contains(key) && !is_grave(key)).collect();
    let gone: Vec<ObjectName> = orphans.intersection(old).filter_map(|key| ObjectName::foreign(key)).collect();
    *old = orphans;
    Ok(host.store.delete(&gone).await?)
}

/// Deletes what a commit removed, although a version with a name may need it.
pub(super) async fn removed(host: &Host) -> Result<(), ReadError> {
    let state = host.manifest.catch_up().await?;
    let graves = state.graves.values().filter(|grave| !grave.is_condemned);
    let gone: Vec<ObjectName> = graves.filter_map(|grave| ObjectName::foreign(&grave.object)).collect();
    Ok(host.store.delete(&gone).await?)
}

/// After a fold whose commit's outcome is not known: deletes what this process has written and does not find live.
pub(crate) async fn delete_unknown(host: &Host) {
    let state = host.manifest.state();
    let Ok(live) = live(host, &state).await else { return };
    let written = host.world().audit.lock().segments_of(host.name());
    let gone: Vec<ObjectName> =
        written.iter().filter(|key| !live.contains(*key)).filter_map(|key| ObjectName::foreign(key)).collect();
    if let Err(error) = host.store.delete(&gone).await {
        error.explain(&host.process, "mistake");
    }
}
