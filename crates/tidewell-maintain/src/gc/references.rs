//! What may be needed: everything that a state, its graves, the checkpoints that count and the snapshots refer to.

use std::collections::BTreeSet;

use tidewell_manifest::{Manifest, ManifestError, SegmentEntry, State};
use tidewell_storage::DatabaseLayout;
use tidewell_types::{SegmentId, WriteId};

/// The identities of segments and lists that a state keeps, 16 bytes each.
#[derive(Debug)]
pub(super) struct References {
    /// Sorted.
    segments: Vec<SegmentId>,
    lists: BTreeSet<WriteId>,
}

impl References {
    /// Everything that `state` keeps: a GET for each list, for each checkpoint that counts, and for each snapshot and its
    /// lists.
    ///
    /// # Errors
    /// [`ManifestError::Collected`] when `state` is too old: [`Manifest::reload`], then use the newest. Any other means that
    /// something that is needed cannot be read, and nothing may be deleted.
    pub(super) async fn load(manifest: &Manifest, state: &State) -> Result<Self, ManifestError> {
        let layout = manifest.layout();
        let mut references = Self { segments: state.graves.keys().copied().collect(), lists: BTreeSet::new() };
        references.take(manifest, state).await?;
        for checkpoint in &state.checkpoints {
            let counted = manifest.open_checkpoint(*checkpoint).await?;
            references.take_lists(&counted);
        }
        for snapshot in state.snapshots.values() {
            let named = manifest.open_checkpoint(snapshot.checkpoint).await?;
            references.take(manifest, &named).await?;
        }
        let graves = state.graves.values().filter_map(|grave| layout.parse_segment(&grave.object));
        references.segments.extend(graves.map(|name| name.id));
        references.segments.sort_unstable();
        references.segments.dedup();
        Ok(references)
    }

    async fn take(&mut self, manifest: &Manifest, state: &State) -> Result<(), ManifestError> {
        let (layout, segments) = (manifest.layout(), &mut self.segments);
        manifest.visit_segments(state, |_, entry| take_segment(layout, segments, entry)).await?;
        self.take_lists(state);
        // Tables share most lists over versions: sorting now keeps what is held near what is different.
        self.segments.sort_unstable();
        self.segments.dedup();
        Ok(())
    }

    fn take_lists(&mut self, state: &State) {
        self.lists.extend(state.lists().map(|list| list.id));
    }

    pub(super) fn has_segment(&self, id: &SegmentId) -> bool {
        self.segments.binary_search(id).is_ok()
    }

    pub(super) fn has_list(&self, id: &WriteId) -> bool {
        self.lists.contains(id)
    }

    pub(super) fn segment_count(&self) -> u64 {
        self.segments.len() as u64
    }
}

/// By its identity and by the one in its object's name, which are the same for all that Tidewell makes.
fn take_segment(layout: &DatabaseLayout, segments: &mut Vec<SegmentId>, entry: &SegmentEntry) {
    segments.push(entry.id);
    segments.extend(layout.parse_segment(&entry.object).map(|name| name.id).filter(|id| *id != entry.id));
}
