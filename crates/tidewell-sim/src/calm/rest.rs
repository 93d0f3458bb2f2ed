//! The end: a version is put back, names are dropped, and nothing stays in the store that nobody needs.

use std::sync::Arc;
use std::time::Duration;

use tidewell_maintain::{SealOptions, Sealer};
use tidewell_manifest::{DecodeError, ManifestError};

use crate::actors::{collect, drop_all, fold, last_write, restore};
use crate::host::{Host, open};
use crate::verdict::Explain as _;
use crate::violation::Invariant;
use crate::world::World;

/// Rounds of sealing and collection after which nothing may be left.
const ROUNDS_MAX: u32 = 6;

/// L3: the store holds what the newest version needs, and nothing else.
pub(super) async fn come_to_rest(world: &Arc<World>, hosts: &[Arc<Host>]) {
    let Some(host) = hosts.iter().find(|host| host.ingest.is_some()) else { return };
    put_back(host).await;
    drop_all(host).await;
    // Any age will do.
    let options = SealOptions { generation_ms: 0, seal_after_ms: 0, ..SealOptions::default() };
    let sealer = Sealer::new(host.env.clone(), host.manifest.clone(), Arc::clone(&host.folder), options);
    let mut rounds = 0;
    loop {
        // A generation that nobody wrote under has no successor, and checkpoints go with theirs.
        last_write(host).await;
        fold(host).await;
        let mut sealed = 0;
        for _ in 0..2 {
            match sealer.run().await {
                Ok(summary) => sealed += summary.sealed.len(),
                Err(error) => return error.explain(&host.process, "last sealing"),
            }
        }
        checkpoint(host).await;
        let deleted = collect(host, Duration::ZERO).await;
        rounds += 1;
        let left = world.audit.lock().check_reachable();
        match left {
            Ok(()) => return,
            Err((invariant, what)) if rounds == ROUNDS_MAX || invariant == Invariant::Dangling => {
                let what = format!("after {rounds} rounds (the last sealed {sealed}, deleted {deleted}): {what}");
                return world.broken(invariant, what);
            }
            Err(_) => {}
        }
    }
}

async fn checkpoint(host: &Host) {
    match host.manifest.catch_up().await {
        Ok(state) => {
            if let Err(error) = host.manifest.checkpoint(&state).await {
                error.explain(&host.process, "last checkpoint");
            }
        }
        Err(error) => error.explain(&host.process, "last checkpoint"),
    }
}

/// A version that has a name is put back: then the rows are those that it had, without those that have expired since.
async fn put_back(host: &Host) {
    let world = host.world();
    let Some(version) = restore(host).await else { return };
    world.event(format_args!("{}: version {version} is put back", host.name()));
    let (head, earlier) = {
        let audit = world.audit.lock();
        (Arc::clone(audit.head()), audit.at(version))
    };
    let Some(earlier) = earlier else { return };
    let mut expected = (*earlier.content).clone();
    let floor_ns = world.floor_ns();
    expected.by_key.retain(|key, _| &*key.table != crate::oracle::EVENTS || key.time_ns >= floor_ns);
    if let Some(difference) = expected.difference(&head.content) {
        world.broken(Invariant::Snapshot, format!("version {version} came back otherwise: {difference}"));
    }
}

/// I18: a record of a newer format is refused by everyone, and nobody goes past it.
pub(super) async fn refuse_newer(world: &Arc<World>) {
    let head = world.audit.lock().head().version;
    let (Ok(Some(record)), Some(next)) = (world.store.get(&world.layout.log(head)).await, head.next()) else { return };
    let mut newer = record.to_vec();
    newer.iter_mut().skip(4).take(2).for_each(|byte| *byte = 0x7f);
    let name = world.layout.log(next);
    if let Err(error) = world.store.create(&name, newer.into(), world.env.write_id()).await {
        return world.broken(Invariant::Error, format!("a store in memory fails: {error}"));
    }
    let opened = open(world, world.store.clone(), world.env.clone()).await;
    if !matches!(opened, Err(ManifestError::Decode { source: DecodeError::Newer { .. }, .. })) {
        world.broken(Invariant::Format, format!("a record of a newer format is read: {opened:?}"));
    }
}
