//! Checkpoints, the floor, and the end of old records: what no verb of the product does yet, by the rules of the protocol.

use std::sync::Arc;

use tidewell_manifest::ManifestError;
use tidewell_storage::ObjectName;
use tidewell_types::Version;

use super::pause;
use crate::dice::Dice;
use crate::host::Host;
use crate::plan::Breakage;
use crate::verdict::Explain as _;

/// Records that stay although a checkpoint has them.
const RECORDS_KEPT: u64 = 2;

pub(crate) async fn run(host: Arc<Host>, mut dice: Dice) {
    while host.is_storm() {
        pause(&host, &mut dice).await;
        if let Err(error) = collect(&host, &mut dice).await {
            error.explain(&host.process, "collection");
        }
        host.check_state();
    }
}

/// A checkpoint first, then the floor below it, then the records at or below the floor.
async fn collect(host: &Host, dice: &mut Dice) -> Result<(), ManifestError> {
    let state = host.manifest.catch_up().await?;
    let to = Version::new(state.version.get().saturating_sub(dice.between(1, 1 + RECORDS_KEPT)));
    if to == Version::ZERO {
        return Ok(());
    }
    host.manifest.write_checkpoint(&state).await?;
    let floor = match host.process.world.plan.breakage {
        Breakage::SkipsFloor => to,
        _ => host.manifest.raise_floor(to).await?,
    };
    let layout = host.manifest.layout();
    let listed = host.store.list(&layout.log_prefix()).await?;
    let versions = listed.iter().filter_map(|object| layout.parse_log(&object.key));
    let gone: Vec<ObjectName> =
        versions.filter(|version| *version <= floor).map(|version| layout.log(version)).collect();
    Ok(host.store.delete(&gone).await?)
}
