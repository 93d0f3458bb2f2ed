//! Checkpoints that neither count nor have a name, and never will.

use tidewell_manifest::{CheckpointRef, State};
use tidewell_types::Version;

use super::collector::Collector;
use super::summary::{GcKind, GcSummary};
use super::sweep::Garbage;
use crate::error::MaintainError;
use crate::seal::due::oldest_unsealed;

/// The checkpoints that no commit can refer to. One LIST for each 1000.
pub(super) async fn find(
    collector: &Collector,
    state: &State,
    summary: &mut GcSummary,
) -> Result<Garbage, MaintainError> {
    let mut garbage = Garbage::new(GcKind::Checkpoints);
    let (layout, bounds) = (collector.manifest.layout(), Bounds::of(state));
    for object in collector.store.list(&layout.checkpoint_prefix()).await? {
        summary.count(GcKind::Checkpoints, |count| count.examined += 1);
        let Some((version, write_id)) = layout.parse_checkpoint(&object.key) else {
            summary.note_unparsed(&object.key);
            continue;
        };
        let checkpoint = CheckpointRef { version, write_id };
        if bounds.is_past(checkpoint) && !is_kept(state, checkpoint) {
            garbage.push(summary, layout.checkpoint(version, write_id), object.bytes);
        }
    }
    Ok(garbage)
}

fn is_kept(state: &State, checkpoint: CheckpointRef) -> bool {
    state.checkpoints.contains(&checkpoint)
        || state.snapshots.values().any(|snapshot| snapshot.checkpoint == checkpoint)
}

/// Up to where no commit can come to refer to a checkpoint that it does not refer to already.
struct Bounds {
    /// When the oldest generation that is not sealed was opened. A commit that names a checkpoint is of a generation that was
    /// open at the checkpoint's version, and commits of sealed ones are refused.
    opened: Version,
    /// The newest checkpoint that counts: older ones are refused from then on.
    newest: Option<CheckpointRef>,
    /// Snapshots of earlier versions are refused.
    condemned_to: Version,
}

impl Bounds {
    fn of(state: &State) -> Self {
        let opened = state.generation_entry(oldest_unsealed(state)).opened;
        Self { opened, newest: state.checkpoints.last().copied(), condemned_to: state.condemned_to }
    }

    fn is_past(&self, checkpoint: CheckpointRef) -> bool {
        let can_count = self.newest.is_none_or(|newest| checkpoint > newest);
        let can_be_named = checkpoint.version >= self.condemned_to;
        checkpoint.version < self.opened || !(can_count || can_be_named)
    }
}

#[cfg(test)]
mod tests;
