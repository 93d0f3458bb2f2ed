//! Rows of a process's memory: no watermark says whether a fold has taken them, so its segments must.

use std::sync::Arc;

use tidewell_buffer::Entry;
use tidewell_manifest::{Author, Intent, ManifestError, SegmentEntry, State};
use tidewell_stage::Staged;
use tidewell_types::{Source, Version};

use super::Folder;
use crate::error::MaintainError;

/// How often a state is read anew because its lists were collected.
const LOOKS_MAX: u32 = 3;

/// A fold of memory whose outcome this process does not know.
#[derive(Clone, Debug)]
pub(super) struct Doubt {
    /// The version that it tried to be; `None` where nobody waited for the answer.
    version: Option<Version>,
    segments: Vec<SegmentEntry>,
    entries: Vec<Arc<Entry>>,
}

impl Doubt {
    /// For the time until the outcome of a fold is known; `None` where it takes nothing from memory.
    pub(super) fn of(entries: &[Arc<Entry>], staged: &[Staged]) -> Option<Self> {
        let is_memory = |entry: &&Arc<Entry>| matches!(entry.source, Source::Memory(_));
        let entries: Vec<_> = entries.iter().filter(is_memory).cloned().collect();
        let segments = staged.iter().map(|staged| staged.entry.clone()).collect();
        (!entries.is_empty()).then_some(Self { version: None, segments, entries })
    }

    pub(super) fn at(self, version: Version) -> Self {
        Self { version: Some(version), ..self }
    }
}

impl Folder {
    /// Finds out what became of a fold of unknown outcome, before its rows are folded again: as rows that were written later
    /// they would win over what others have written since. No request where there was none; else those of a catching up, and a
    /// commit of nothing where the version is not taken yet, so that the fold can't come to count afterwards.
    ///
    /// # Errors
    /// As [`Folder::fold`]; the rows stay in memory.
    pub(super) async fn settle(&self) -> Result<(), MaintainError> {
        let Some(doubt) = self.doubt.lock().clone() else { return Ok(()) };
        let (writer, wanted) = (self.writer, doubt.version);
        let mut is_first = true;
        let take = move |state: &State| {
            let is_taken = wanted.map_or(!is_first, |wanted| state.version >= wanted);
            is_first = false;
            let author = Author { generation: state.open_generation(), writer };
            Ok((!is_taken).then(|| Intent::new(author)))
        };
        let mut state = self.manifest.commit(take).await?;
        for _ in 1..LOOKS_MAX {
            match self.has_counted(&state, &doubt).await {
                Err(ManifestError::Collected { .. }) => state = self.manifest.reload().await?,
                Err(error) => return Err(error.into()),
                Ok(has_counted) => {
                    if has_counted {
                        self.buffer.retire_memory(&doubt.entries);
                    }
                    *self.doubt.lock() = None;
                    return Ok(());
                }
            }
        }
        Err(MaintainError::Restless)
    }

    /// Whether a segment of the fold is live, or was.
    async fn has_counted(&self, state: &State, doubt: &Doubt) -> Result<bool, ManifestError> {
        for segment in &doubt.segments {
            if state.graves.contains_key(&segment.id) {
                return Ok(true);
            }
            let Some(table) = state.tables.get(&segment.table) else { continue };
            let live = self.manifest.select(&table.segments, &segment.time).await?;
            if live.iter().any(|live| live.entry.id == segment.id) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
