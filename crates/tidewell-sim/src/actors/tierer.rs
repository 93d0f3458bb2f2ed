//! Moves old segments to the cold tier.

use std::sync::Arc;

use tidewell_maintain::{TierOptions, Tierer};

use super::{compactor, long_pause};
use crate::dice::Dice;
use crate::host::Host;
use crate::verdict::Explain as _;

pub(crate) async fn run(host: Arc<Host>, mut dice: Dice) {
    while host.is_storm() {
        long_pause(&host, &mut dice, 4).await;
        tier(&host, Some(dice.between(1, 4))).await;
    }
}

/// One tiering.
pub(crate) async fn tier(host: &Host, jobs_max: Option<u64>) {
    let upkeep = &host.world().plan.upkeep;
    let options = TierOptions {
        segment_rows_max: upkeep.segment_rows_max,
        inputs_max: upkeep.inputs_max,
        jobs_max,
        ..TierOptions::new(upkeep.cold_after)
    };
    let tierer = Tierer::new(host.store.clone(), host.env.clone(), host.manifest.clone(), options);
    match host.process.during(tierer.tier(&|_| {})).await {
        Ok(summary) => compactor::note(host, "tiering", &summary),
        Err(error) => error.explain(&host.process, "tiering"),
    }
}
