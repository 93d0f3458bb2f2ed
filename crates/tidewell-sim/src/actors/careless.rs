//! A collector that goes by age: it deletes segments that no commit names a while after it first saw them.

use std::collections::BTreeSet;
use std::sync::Arc;

use tidewell_manifest::ManifestError;
use tidewell_storage::{ObjectName, Tier};

use super::pause;
use crate::dice::Dice;
use crate::host::Host;
use crate::verdict::Explain as _;

pub(crate) async fn run(host: Arc<Host>, mut dice: Dice) {
    let mut old = BTreeSet::new();
    while host.is_storm() {
        pause(&host, &mut dice).await;
        match collect(&host, &old).await {
            Ok(seen) => old = seen,
            Err(error) => error.explain(&host.process, "careless collection"),
        }
    }
}

/// Deletes what is not live and was there the last time; what is there now.
async fn collect(host: &Host, old: &BTreeSet<String>) -> Result<BTreeSet<String>, ManifestError> {
    let state = host.manifest.catch_up().await?;
    let live: BTreeSet<&str> =
        state.tables.values().flat_map(|table| table.segments.fresh().iter()).map(|segment| segment.object.as_str()).collect();
    let listed = host.store.list(&host.manifest.layout().segment_prefix(Tier::Hot)).await?;
    let orphans: BTreeSet<String> =
        listed.into_iter().map(|object| object.key).filter(|key| !live.contains(key.as_str())).collect();
    let gone: Vec<ObjectName> = orphans.intersection(old).filter_map(|key| ObjectName::foreign(key)).collect();
    host.store.delete(&gone).await?;
    Ok(orphans)
}
