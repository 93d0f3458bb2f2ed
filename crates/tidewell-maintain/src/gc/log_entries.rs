//! Log entries that are in segments, or never count.

use tidewell_manifest::State;
use tidewell_storage::{ObjectName, parse_generation_folder};

use super::collector::Collector;
use super::is_folded;
use super::summary::GcKind;
use super::sweep::{Garbage, Sweep};
use crate::error::MaintainError;

/// Deletes the entries that `state` says are folded, and all that is left of sealed generations. A LIST for the generations
/// and one for each 1000 entries of each; one generation's keys in memory at a time.
pub(super) async fn collect(collector: &Collector, state: &State, sweep: &mut Sweep<'_>) -> Result<(), MaintainError> {
    let layout = collector.manifest.layout();
    let prefix = layout.wal_prefix();
    for folder in collector.store.list_folders(&prefix).await? {
        let Some(generation) = parse_generation_folder(&folder) else {
            sweep.summary.note_unparsed(&format!("{prefix}/{folder}"));
            continue;
        };
        let mut garbage = Garbage::new(GcKind::LogEntries);
        for object in collector.store.list(&layout.wal_generation_prefix(generation)).await? {
            sweep.summary.count(GcKind::LogEntries, |count| count.examined += 1);
            match layout.parse_wal(&object.key) {
                None => sweep.summary.note_unparsed(&object.key),
                Some(entry) if is_folded(state, entry) => {
                    let name: ObjectName = layout.wal(entry.0, entry.1);
                    garbage.push(&mut sweep.summary, name, object.bytes);
                }
                Some(_) => {}
            }
        }
        sweep.delete(garbage).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
