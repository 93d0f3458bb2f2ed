//! Strong reads, judged by the oracle; some snapshots are read again later.

use std::sync::Arc;
use std::time::Duration;

use super::pause;
use crate::dice::Dice;
use crate::host::Host;
use crate::oracle::Reader;
use crate::plan::Breakage;
use crate::race::Race;
use crate::rows::Rows;
use crate::snapshot::{self, ReadError, Snapshot};
use crate::verdict::Explain as _;
use crate::violation::Invariant;

pub(crate) async fn run(host: Arc<Host>, mut dice: Dice) {
    let mut reader = Reader::new(host.process.name(), host.incarnation, host.ingest.is_some());
    while host.is_storm() {
        pause(&host, &mut dice).await;
        let Some((pinned, view)) = read(&host, &mut reader).await else { continue };
        if dice.chance(0.3) {
            pause(&host, &mut dice).await;
            read_again(&host, &pinned, &view).await;
        }
    }
}

/// One strong read; what it saw, where it succeeded.
pub(crate) async fn read(host: &Host, reader: &mut Reader) -> Option<(Snapshot, Rows)> {
    let world = &host.process.world;
    let started = world.now();
    let is_passed = world.audit.lock().floor() > host.manifest.version();
    match take_and_read(host).await {
        Ok((pinned, view)) => {
            judge(host, reader, &pinned, &view, (started, world.now()));
            if is_passed {
                world.reach(Race::PassedByFloor);
            }
            Some((pinned, view))
        }
        Err(error) => {
            error.explain(&host.process, "read");
            None
        }
    }
}

async fn take_and_read(host: &Host) -> Result<(Snapshot, Rows), ReadError> {
    let pinned = match host.process.world.plan.breakage {
        Breakage::ReadsViewFirst => snapshot::take_wrongly(host).await?,
        _ => snapshot::take(host).await?,
    };
    let view = pinned.read(host).await?;
    Ok((pinned, view))
}

fn judge(host: &Host, reader: &mut Reader, pinned: &Snapshot, view: &Rows, span: (Duration, Duration)) {
    let (name, world) = (host.process.name(), &host.process.world);
    world.event(format_args!("{name}: read {pinned}: {} rows", view.by_key.len()));
    world.check_state(name, &pinned.state);
    let judged = world.oracle.lock().judge(reader, view, span);
    if let Err((invariant, what)) = judged {
        world.broken(invariant, format!("{name}, at {pinned}: {what}"));
    }
}

/// A snapshot reads the same as before, however much later.
async fn read_again(host: &Host, pinned: &Snapshot, before: &Rows) {
    let (name, world) = (host.process.name(), &host.process.world);
    match pinned.read(host).await {
        Ok(again) if again == *before => {}
        Ok(_) => world.broken(Invariant::Snapshot, format!("{name}: {pinned} reads otherwise than before")),
        Err(error) => error.explain(&host.process, "second read"),
    }
}
