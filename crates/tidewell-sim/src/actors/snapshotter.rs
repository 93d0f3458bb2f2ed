//! Names versions, reads them, and drops the names.

use std::sync::Arc;

use tidewell_maintain::MaintainError;
use tidewell_maintain::snapshot::{self, SnapshotError};
use tidewell_manifest::CheckpointRef;
use tidewell_types::Version;

use super::long_pause;
use super::reader::{Asked, judge};
use crate::dice::Dice;
use crate::host::Host;
use crate::oracle::Reader;
use crate::pinned::{Pinned, ReadError};
use crate::race::Race;
use crate::rows::Rows;
use crate::verdict::Explain as _;
use crate::violation::Invariant;

/// Names that a run has at once; so few that they are taken and dropped again and again.
const NAMES: [&str; 3] = ["a", "b", "c"];

pub(crate) async fn run(host: Arc<Host>, mut dice: Dice) {
    while host.is_storm() {
        long_pause(&host, &mut dice, 5).await;
        let name = dice.pick(&NAMES).unwrap_or("a");
        if host.manifest.state().snapshots.contains_key(name) {
            drop_one(&host, name).await;
        } else {
            create(&host, name).await;
        }
    }
}

async fn create(host: &Host, name: &str) {
    let world = host.world();
    let started = world.now();
    let creating = snapshot::create(&host.folder, &host.manifest, &host.env, host.writer, name);
    match host.process.during(creating).await {
        Ok(snapshot) => {
            let version = snapshot.checkpoint.version;
            world.event(format_args!("{}: snapshot {name} of version {version}", host.name()));
            let ended = world.now();
            let Some((state, view)) = read_one(host, name).await else { return };
            if state.state.version == version {
                // I6: it has everything that was acknowledged before it was made.
                let mut reader = Reader::new(host.who(), host.ingest.is_some());
                judge(host, &mut reader, &state, &view, Asked { session: None, span: (started, ended) });
            }
        }
        Err(MaintainError::Snapshot(SnapshotError::Exists { .. })) => {}
        Err(error) => error.explain(&host.process, "snapshot"),
    }
    host.check_state();
}

async fn drop_one(host: &Host, name: &str) {
    match host.process.during(snapshot::drop(&host.manifest, host.writer, name)).await {
        Ok(()) => host.world().event(format_args!("{}: snapshot {name} dropped", host.name())),
        Err(MaintainError::Snapshot(SnapshotError::Unknown { .. })) => {}
        Err(error) => error.explain(&host.process, "drop of a snapshot"),
    }
}

/// Drops every snapshot.
pub(crate) async fn drop_all(host: &Host) {
    let names: Vec<String> = host.world().audit.lock().head().snapshots.keys().cloned().collect();
    for name in names {
        drop_one(host, &name).await;
    }
}

/// Reads a version that has a name, if there is one.
pub(crate) async fn read_named(host: &Host, dice: &mut Dice) {
    let names: Vec<String> = host.manifest.state().snapshots.keys().cloned().collect();
    let index = dice.between(0, names.len() as u64) as usize;
    if let Some(name) = names.get(index) {
        read_one(host, name).await;
    }
}

/// I6: a snapshot reads as its version was, whenever it is read, for as long as it has its name.
async fn read_one(host: &Host, name: &str) -> Option<(Pinned, Rows)> {
    let world = host.world();
    let known = named(host, name);
    let read = async {
        let state = snapshot::open(&host.manifest, name).await?;
        let pinned = Pinned::of(Arc::new(state));
        let view = pinned.read(host).await?;
        Ok::<_, ReadError>((pinned, view))
    };
    let outcome = read.await;
    let is_kept = known.is_some() && known == named(host, name);
    match outcome {
        Ok((pinned, view)) => {
            compare(host, name, pinned.state.version, &view);
            Some((pinned, view))
        }
        Err(error) if error.is_collected() || is_unknown(&error) => {
            if is_kept {
                world.broken(Invariant::Snapshot, format!("{}: snapshot {name} is kept, but {error}", host.name()));
            }
            None
        }
        Err(error) => {
            error.explain(&host.process, "read of a snapshot");
            None
        }
    }
}

fn is_unknown(error: &ReadError) -> bool {
    matches!(error, ReadError::Maintain(MaintainError::Snapshot(SnapshotError::Unknown { .. })))
}

fn named(host: &Host, name: &str) -> Option<CheckpointRef> {
    host.world().audit.lock().head().snapshots.get(name).copied()
}

fn compare(host: &Host, name: &str, version: Version, view: &Rows) {
    let world = host.world();
    let (expected, is_outlived) = {
        let audit = world.audit.lock();
        let Some(ledger) = audit.at(version) else {
            drop(audit);
            return world.broken(Invariant::Snapshot, format!("{name} is of version {version}, which never was"));
        };
        let is_outlived = ledger.live.keys().any(|id| !audit.head().live.contains_key(id));
        (Arc::clone(&ledger.content), is_outlived)
    };
    world.event(format_args!("{}: read snapshot {name} of version {version}", host.name()));
    if is_outlived {
        world.reach(Race::SnapshotOutlived);
    }
    if let Some(difference) = expected.difference(view) {
        let what = format!("{}: snapshot {name} of version {version} reads otherwise: {difference}", host.name());
        world.broken(Invariant::Snapshot, what);
    }
}

/// Puts a snapshot back, if there is one; its version.
pub(crate) async fn restore(host: &Host) -> Option<Version> {
    let first = |host: &Host| {
        let audit = host.world().audit.lock();
        let (name, checkpoint) = audit.head().snapshots.first_key_value()?;
        Some((name.clone(), *checkpoint))
    };
    let (name, checkpoint) = first(host)?;
    match snapshot::restore(&host.folder, &host.manifest, host.writer, &name).await {
        Ok(_) => Some(checkpoint.version),
        Err(error) => {
            error.explain(&host.process, "restore");
            None
        }
    }
}
