//! Commits that no reader starts from any more.

use tidewell_manifest::State;
use tidewell_types::Version;

use super::collector::Collector;
use super::summary::GcKind;
use super::sweep::{Garbage, Sweep};
use crate::error::MaintainError;

/// Raises the floor to the older of the two checkpoints that count, and deletes the commits at or below it. Two GETs and a
/// compare-and-swap for the floor, one LIST for each 1000 commits.
pub(super) async fn collect(collector: &Collector, state: &State, sweep: &mut Sweep<'_>) -> Result<(), MaintainError> {
    let floor = raise(collector, state).await?;
    sweep.summary.floor = floor;
    let layout = collector.manifest.layout();
    let mut garbage = Garbage::new(GcKind::Commits);
    for object in collector.store.list(&layout.log_prefix()).await? {
        sweep.summary.count(GcKind::Commits, |count| count.examined += 1);
        match layout.parse_log(&object.key) {
            None => sweep.summary.note_unparsed(&object.key),
            Some(version) if version <= floor => {
                garbage.push(&mut sweep.summary, layout.log(version), object.bytes);
            }
            Some(_) => {}
        }
    }
    sweep.delete(garbage).await;
    Ok(())
}

/// The floor as it is then; in a dry run as it would be.
async fn raise(collector: &Collector, state: &State) -> Result<Version, MaintainError> {
    // Raising it to the lowest only asks.
    let current = collector.manifest.raise_floor(Version::ZERO).await?;
    let [older, newer] = *state.checkpoints.as_slice() else { return Ok(current) };
    if older.version <= current {
        return Ok(current);
    }
    // Without the commits below it, the newest state hangs on this object: it must be there, and whole.
    collector.manifest.open_checkpoint(newer).await?;
    match collector.options.dry_run {
        true => Ok(older.version),
        false => Ok(collector.manifest.raise_floor(older.version).await?),
    }
}

#[cfg(test)]
mod tests;
