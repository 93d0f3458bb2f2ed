//! Segments that a commit took out: condemned, deleted, buried, in this order.

use std::sync::Arc;

use tidewell_manifest::{Author, CommitError, Grave, Intent, State};
use tidewell_storage::{FileUrl, ObjectName};
use tidewell_types::SegmentId;

use super::collector::Collector;
use super::summary::GcKind;
use super::sweep::{Garbage, Sweep};
use crate::age::is_past;
use crate::error::MaintainError;

/// Graves of one commit.
const GRAVES_PER_COMMIT: usize = 4096;
// What is left over for lack of memory must not be buried.
const _: () = assert!(GRAVES_PER_COMMIT <= Garbage::OBJECTS_MAX);

/// Deletes the objects of removed segments that readers had time for and no snapshot needs. For each 4096 of them two
/// commits and five DELETEs.
///
/// `condemned` is committed before the first delete, so that no snapshot can come to need what is being deleted; `buried`
/// after the last, so that what a crash or an error leaves behind is found again.
pub(super) async fn collect(collector: &Collector, state: &State, sweep: &mut Sweep<'_>) -> Result<(), MaintainError> {
    let due = due(collector, state, sweep);
    for ids in due.chunks(GRAVES_PER_COMMIT) {
        if collector.options.dry_run {
            let graves = ids.iter().filter_map(|id| state.graves.get(id));
            let garbage = objects(collector, graves, sweep);
            sweep.delete(garbage).await;
            continue;
        }
        let state = condemn(collector, ids).await?;
        let condemned = || ids.iter().filter_map(|id| state.graves.get(id)).filter(|grave| grave.is_condemned);
        let garbage = objects(collector, condemned(), sweep);
        let failed = sweep.delete(garbage).await;
        let is_left = |grave: &&Grave| object(collector, grave).is_some_and(|name| failed.contains(name.as_str()));
        let gone = condemned().filter(|grave| !is_left(grave)).map(|grave| grave.id);
        bury(collector, gone.collect()).await?;
    }
    Ok(())
}

fn due(collector: &Collector, state: &State, sweep: &mut Sweep<'_>) -> Vec<SegmentId> {
    let now = collector.env.now();
    let mut due = Vec::new();
    for grave in state.graves.values() {
        let is_needed = is_needed(state, grave);
        let is_fresh = !is_past(now, grave.removed_at, collector.options.reader_grace_ms);
        sweep.summary.count(GcKind::RemovedSegments, |count| {
            count.examined += 1;
            count.kept_by_snapshot += u64::from(!grave.is_condemned && is_needed);
            count.kept_by_grace += u64::from(!grave.is_condemned && !is_needed && is_fresh);
        });
        if grave.is_condemned || !(is_needed || is_fresh) {
            due.push(grave.id);
        }
    }
    due
}

fn is_needed(state: &State, grave: &Grave) -> bool {
    state.snapshots.values().any(|snapshot| grave.is_needed_by(snapshot.checkpoint.version))
}

/// The object of a grave, if it is ours to delete. A registered file has no name of our making and stays where it is, unless it
/// was given to us; one that was and lies in another store stays too.
fn object(collector: &Collector, grave: &Grave) -> Option<ObjectName> {
    if let Some(url) = &grave.owned_url {
        let within = url.parse::<FileUrl>().ok().and_then(|url| url.name_in(collector.store.url()));
        let within = within.filter(|name| !name.is_reserved());
        if within.is_none() {
            tracing::info!(url, "an owned file was taken over and stays: it does not lie in the database's store");
        }
        return within;
    }
    let is_ours = collector.manifest.layout().parse_segment(&grave.object).is_some_and(|name| name.id == grave.id);
    ObjectName::foreign(&grave.object).filter(|_| is_ours)
}

fn objects<'a>(collector: &Collector, graves: impl Iterator<Item = &'a Grave>, sweep: &mut Sweep<'_>) -> Garbage {
    let mut garbage = Garbage::new(GcKind::RemovedSegments);
    for name in graves.filter_map(|grave| object(collector, grave)) {
        garbage.push(&mut sweep.summary, name, 0);
    }
    garbage
}

/// Condemns those that no snapshot needs by now; the state that says which are.
async fn condemn(collector: &Collector, ids: &[SegmentId]) -> Result<Arc<State>, CommitError> {
    let (ids, writer) = (ids.to_vec(), collector.writer);
    let intend = move |state: &State| {
        let graves = ids.iter().filter_map(|id| state.graves.get(id));
        let free = graves.filter(|grave| !grave.is_condemned && !is_needed(state, grave)).map(|grave| grave.id);
        let condemns: Vec<SegmentId> = free.collect();
        let author = Author { generation: state.open_generation(), writer };
        Ok((!condemns.is_empty()).then(|| Intent { condemns, ..Intent::new(author) }))
    };
    collector.manifest.commit(intend).await
}

async fn bury(collector: &Collector, ids: Vec<SegmentId>) -> Result<(), CommitError> {
    let writer = collector.writer;
    let intend = move |state: &State| {
        let graves = ids.iter().filter_map(|id| state.graves.get(id));
        let burials: Vec<SegmentId> = graves.filter(|grave| grave.is_condemned).map(|grave| grave.id).collect();
        let author = Author { generation: state.open_generation(), writer };
        Ok((!burials.is_empty()).then(|| Intent { burials, ..Intent::new(author) }))
    };
    collector.manifest.commit(intend).await.map(drop)
}

#[cfg(test)]
mod tests;
