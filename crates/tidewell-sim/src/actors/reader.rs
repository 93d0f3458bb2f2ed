//! Strong reads, judged by the oracle; some are read again later, and so are versions that have a name.

use std::sync::Arc;
use std::time::Duration;

use super::pause;
use super::snapshotter::read_named;
use crate::dice::Dice;
use crate::host::Host;
use crate::oracle::{Reader, Seen};
use crate::pinned::{Pinned, ReadError, take};
use crate::race::Race;
use crate::rows::Rows;
use crate::verdict::Explain as _;
use crate::violation::Invariant;

/// How often a read is planned anew because what it fixed was collected.
const PLANS_MAX: u32 = 3;

pub(crate) async fn run(host: Arc<Host>, mut dice: Dice) {
    let mut reader = Reader::new(host.who(), host.ingest.is_some());
    while host.is_storm() {
        pause(&host, &mut dice).await;
        if dice.chance(0.2) {
            read_named(&host, &mut dice).await;
            continue;
        }
        let Some((pinned, view)) = read(&host, &mut reader).await else { continue };
        if dice.chance(0.3) {
            pause(&host, &mut dice).await;
            read_again(&host, &pinned, &view).await;
        }
    }
}

/// One strong read; what it saw, where it succeeded.
pub(crate) async fn read(host: &Host, reader: &mut Reader) -> Option<(Pinned, Rows)> {
    let world = host.world();
    let started = world.now();
    let is_passed = world.audit.lock().floor() > host.manifest.version();
    match take_and_read(host).await {
        Ok((pinned, view)) => {
            judge(host, reader, &pinned, &view, Asked { session: None, span: (started, world.now()) });
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

async fn take_and_read(host: &Host) -> Result<(Pinned, Rows), ReadError> {
    for _ in 1..PLANS_MAX {
        let pinned = take(host).await?;
        match pinned.read(host).await {
            Ok(view) => return Ok((pinned, view)),
            Err(error) if error.is_collected() => {
                host.world().reach(Race::ReadPlannedAgain);
                host.manifest.reload().await?;
            }
            Err(error) => return Err(error),
        }
    }
    let pinned = take(host).await?;
    let view = pinned.read(host).await?;
    Ok((pinned, view))
}

/// What a read asked for.
pub(super) struct Asked {
    /// The one write that it must see; `None` for all.
    pub(super) session: Option<u64>,
    pub(super) span: (Duration, Duration),
}

pub(super) fn judge(host: &Host, reader: &mut Reader, pinned: &Pinned, view: &Rows, asked: Asked) {
    let (name, world) = (host.name(), host.world());
    world.event(format_args!("{name}: read {pinned}: {} rows", view.by_key.len()));
    world.check_state(name, &pinned.state);
    let Asked { session, span: (started, ended) } = asked;
    let seen = Seen { rows: view, started, ended, floor_ns: world.floor_ns(), session };
    let judged = world.oracle.lock().judge(reader, &seen);
    if let Err((invariant, what)) = judged {
        world.broken(invariant, format!("{name}, at {pinned}: {what}"));
    }
}

/// I6: what was read once reads the same, however much later, or is gone.
async fn read_again(host: &Host, pinned: &Pinned, before: &Rows) {
    let (name, world) = (host.name(), host.world());
    match pinned.read(host).await {
        Ok(again) => {
            if let Some(difference) = before.difference(&again) {
                world
                    .broken(Invariant::Snapshot, format!("{name}: {pinned} reads otherwise than before: {difference}"));
            }
        }
        Err(error) if error.is_collected() => world.reach(Race::PinnedTooOld),
        Err(error) => error.explain(&host.process, "second read"),
    }
}
