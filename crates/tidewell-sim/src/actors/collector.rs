//! Writes checkpoints that count, and deletes what nothing needs.

use std::sync::Arc;
use std::time::Duration;

use tidewell_maintain::{Collector, GcKind, GcOptions, GcSummary};

use super::long_pause;
use crate::dice::Dice;
use crate::host::Host;
use crate::race::Race;
use crate::verdict::Explain as _;
use crate::violation::Invariant;

pub(crate) async fn run(host: Arc<Host>, mut dice: Dice) {
    let grace = Duration::from_millis(host.world().plan.upkeep.reader_grace_ms);
    while host.is_storm() {
        long_pause(&host, &mut dice, 2).await;
        if dice.chance(0.6) {
            checkpoint(&host).await;
        }
        collect(&host, grace).await;
    }
}

async fn checkpoint(host: &Host) {
    let checkpointed = host.process.during(async {
        let state = host.manifest.catch_up().await?;
        host.manifest.checkpoint(&state).await.map(drop)
    });
    if let Err(error) = checkpointed.await {
        error.explain(&host.process, "checkpoint");
    }
    host.check_state();
}

/// One collection; how many objects it deleted.
pub(crate) async fn collect(host: &Host, grace: Duration) -> u64 {
    let options = GcOptions {
        reader_grace_ms: u64::try_from(grace.as_millis()).unwrap_or(u64::MAX),
        deleted_fraction_max: 1.0,
        ..GcOptions::default()
    };
    let collector = Collector::new(host.store.clone(), host.env.clone(), host.manifest.clone(), options);
    // What the collector of the main store lists is not what copies of the log are.
    match host.process.during(collector.collect()).await {
        Ok(summary) => {
            note(host, &summary);
            summary.deleted()
        }
        Err(error) => {
            error.explain(&host.process, "collection");
            0
        }
    }
}

fn note(host: &Host, summary: &GcSummary) {
    let (name, world) = (host.name(), host.world());
    world.event(format_args!("{name}: collected {} objects, {} failed", summary.deleted(), summary.failed()));
    if summary.of(GcKind::RemovedSegments).kept_by_snapshot > 0 {
        world.reach(Race::KeptForSnapshot);
    }
    if let Some(key) = summary.unparsed.first() {
        world.broken(Invariant::Collection, format!("{name}: {key} is nobody's name"));
    }
    if summary.failed() > 0 && !world.may_fail() {
        world.broken(Invariant::Error, format!("{name}: a collection fails in the calm: {:?}", summary.failures));
    }
    host.check_state();
}
