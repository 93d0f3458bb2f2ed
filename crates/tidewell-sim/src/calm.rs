//! After the storm: everything ends well, and everyone agrees on what there is.

mod rest;

use std::sync::Arc;
use std::time::Duration;

use crate::actors::{compact, fold, last_write, read, tier};
use crate::host::{Host, open};
use crate::oracle::Reader;
use crate::process::Process;
use crate::rows::Rows;
use crate::violation::Invariant;
use crate::world::World;

/// Within this, and the pauses that actors make, everything that is under way has ended.
const SETTLES_WITHIN: Duration = Duration::from_secs(30 * 60);
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// After this nothing is on its way any more.
const LATE_MAX: Duration = Duration::from_secs(31 * 86_400);

/// The calm: last writes, folds until the log is empty, reads by everyone; then the same once all that is late has come, and at
/// last the store comes to rest.
pub(crate) async fn follow(world: &Arc<World>, processes: &[Arc<Process>]) {
    world.calm();
    let Some(hosts) = settle(world, processes).await else { return };
    world.settled();
    for host in &hosts {
        finish_sealing(host).await;
    }
    for host in hosts.iter().filter(|host| host.ingest.is_some()) {
        last_write(host).await;
    }
    let late = world.late_effects();
    // Rows in one process's log or memory are seen by it alone until it folds.
    for host in hosts.iter().filter(|host| host.ingest.is_some()) {
        fold(host).await;
    }
    let before = read_all(&hosts).await;
    fold_all(&hosts).await;
    keep_up(&hosts).await;
    let after = read_all(&hosts).await;
    if let (Some(before), Some(after)) = (before, after)
        && let Some(difference) = before.difference(&after)
        && world.late_effects() == late
    {
        world.broken(Invariant::Conservation, format!("folds and rewrites changed what readers see: {difference}"));
    }
    world.env.sleep(LATE_MAX).await;
    fold_all(&hosts).await;
    fold_all(&hosts).await;
    check_log(world, "everything was folded");
    read_all(&hosts).await;
    world.resolve_unknown();
    rest::come_to_rest(world, &hosts).await;
    agree(world, &hosts).await;
    rest::refuse_newer(world).await;
}

/// L6: what is half sealed gets sealed.
async fn finish_sealing(host: &Host) {
    if let Err(error) = host.finish_sealing().await {
        host.world().broken(Invariant::Liveness, format!("{}: a sealing does not end: {error}", host.name()));
    }
}

/// L2: nothing is left in the log.
fn check_log(world: &World, when: &str) {
    let left = world.audit.lock().log_entries();
    if left > 0 && !world.is_broken() {
        world.broken(Invariant::Liveness, format!("{left} log entries are left after {when}"));
    }
}

/// Wakes everyone and waits until they have all ended what they were at.
async fn settle(world: &Arc<World>, processes: &[Arc<Process>]) -> Option<Vec<Arc<Host>>> {
    let deadline = world.now() + SETTLES_WITHIN + 10 * world.plan.pause.1;
    loop {
        processes.iter().for_each(|process| process.thaw());
        if processes.iter().all(|process| process.is_idle()) {
            // An ambush of the storm's last moments may not have struck yet.
            processes.iter().for_each(|process| process.spare());
            return Some(processes.iter().filter_map(|process| process.host()).collect());
        }
        if world.now() > deadline {
            let busy: Vec<_> =
                processes.iter().filter(|process| !process.is_idle()).map(|process| process.name()).collect();
            world.broken(Invariant::Liveness, format!("still at it long after the storm: {}", busy.join(", ")));
            return None;
        }
        world.env.sleep(LOOK_INTERVAL).await;
    }
}

async fn fold_all(hosts: &[Arc<Host>]) {
    for host in hosts {
        fold(host).await;
    }
}

/// I16: one more rewrite of each kind, by somebody.
async fn keep_up(hosts: &[Arc<Host>]) {
    if let Some(host) = hosts.last() {
        compact(host, Duration::ZERO, Some(8)).await;
        tier(host, Some(8)).await;
    }
}

/// A strong read by everyone, judged; what they see must be the same, and is returned.
async fn read_all(hosts: &[Arc<Host>]) -> Option<Rows> {
    let mut views: Vec<(String, Rows)> = Vec::new();
    let world = hosts.first()?.world();
    let late = world.late_effects();
    for host in hosts {
        let mut reader = Reader::new(host.who(), host.ingest.is_some());
        if let Some((_, view)) = read(host, &mut reader).await {
            views.push((host.name().to_owned(), view));
        }
    }
    let mut views = views.into_iter();
    let (first_name, first) = views.next()?;
    if let Some((name, view)) = views.find(|(_, view)| *view != first)
        && world.late_effects() == late
    {
        let difference = first.difference(&view).unwrap_or_default();
        let what = format!("{first_name} and {name} see different rows in the calm: {difference}");
        world.broken(Invariant::StrongRead, what);
    }
    Some(first)
}

/// L5: everyone's state, and that of a process that starts from nothing, is the head of the history.
async fn agree(world: &Arc<World>, hosts: &[Arc<Host>]) {
    let head = world.audit.lock().head().version;
    for host in hosts {
        let caught_up = host.manifest.catch_up().await;
        if let Ok(state) = caught_up {
            host.check_state();
            if state.version != head {
                let what = format!("{} is at version {} and the head is {head}", host.name(), state.version);
                world.broken(Invariant::Liveness, what);
            }
        }
    }
    match open(world, world.store.clone(), world.env.clone()).await {
        Ok(manifest) => world.check_state("a new process", &manifest.state()),
        Err(error) => world.broken(Invariant::Chain, format!("a new process does not start: {error}")),
    }
}
