//! The live segments of a table within a span of time, from the lists that can name them.

use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use tidewell_types::{TableName, TimeBounds};

use crate::entry::SegmentEntry;
use crate::error::ManifestError;
use crate::leaf::{self, Leaf};
use crate::manifest::Manifest;
use crate::removal::{Home, Removal};
use crate::segments::{LeafRef, Segments};
use crate::state::State;

/// Lists that are read at once.
const LOADS_MAX: usize = 8;

/// A live segment and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveSegment {
    /// What the manifest knows of it.
    pub entry: Arc<SegmentEntry>,
    /// Where it was found.
    pub home: Home,
}

impl LiveSegment {
    /// What takes it out.
    #[must_use]
    pub fn removal(&self) -> Removal {
        Removal::of(&self.entry, self.home)
    }
}

impl Manifest {
    /// The live segments that hold rows of a span of time, by rank. One GET for each list that meets the span and was not
    /// read lately; none where the table has few segments.
    ///
    /// # Errors
    /// [`ManifestError::Collected`] when a list of an old state is gone: [`Manifest::reload`], then ask the newest state.
    /// Others as [`Manifest::catch_up`].
    pub async fn select(&self, segments: &Segments, within: &TimeBounds) -> Result<Vec<LiveSegment>, ManifestError> {
        let met = segments.leaves().iter().filter(|leaf| leaf.time.overlaps(within)).cloned();
        let loads: Vec<_> =
            met.map(|leaf| async move { Ok::<_, ManifestError>((leaf.id, self.leaf(&leaf).await?)) }).collect();
        let leaves: Vec<_> = futures::stream::iter(loads).buffered(LOADS_MAX).try_collect().await?;
        let mut live = Vec::new();
        for (id, leaf) in leaves {
            let entries = leaf.iter().filter(|entry| entry.time.overlaps(within) && !segments.is_gone(&entry.key()));
            live.extend(entries.map(|entry| LiveSegment { entry: Arc::clone(entry), home: Home::Leaf(id) }));
        }
        let fresh = segments.fresh().iter().chain(segments.registered()).filter(|entry| entry.time.overlaps(within));
        live.extend(fresh.map(|entry| LiveSegment { entry: Arc::clone(entry), home: Home::Fresh }));
        live.sort_by(|a, b| {
            let (a, b) = (&a.entry, &b.entry);
            (a.order(), a.added, a.key()).cmp(&(b.order(), b.added, b.key()))
        });
        Ok(live)
    }

    /// Calls `visit` with every live segment of a state, table by table, one list in memory at a time.
    ///
    /// # Errors
    /// As [`Manifest::select`].
    pub async fn visit_segments(
        &self,
        state: &State,
        mut visit: impl FnMut(&TableName, &Arc<SegmentEntry>),
    ) -> Result<(), ManifestError> {
        for (name, table) in &state.tables {
            for leaf in table.segments.leaves() {
                for entry in self.leaf(leaf).await?.iter().filter(|entry| !table.segments.is_gone(&entry.key())) {
                    visit(name, entry);
                }
            }
            for entry in table.segments.fresh().iter().chain(table.segments.registered()) {
                visit(name, entry);
            }
        }
        Ok(())
    }

    pub(crate) async fn leaf(&self, leaf: &LeafRef) -> Result<Arc<Leaf>, ManifestError> {
        if let Some(cached) = self.inner.leaves.get(leaf.id) {
            return Ok(cached);
        }
        let name = self.inner.layout.leaf(leaf.generation, leaf.id);
        let Some(bytes) = self.store.get(&name).await? else {
            return Err(ManifestError::Collected { object: name.to_string() });
        };
        let entries =
            leaf::decode(&bytes, leaf).map_err(|source| ManifestError::Decode { object: name.to_string(), source })?;
        let entries = Arc::new(entries);
        self.inner.leaves.put(leaf.id, Arc::clone(&entries));
        Ok(entries)
    }
}

#[cfg(test)]
mod tests;
