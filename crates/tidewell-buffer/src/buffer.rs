//! The entries that are not folded yet, by source and place.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::RwLock;
use tidewell_types::{GenerationState, Seq, Source, Watermarks};

use crate::entry::Entry;

/// What the buffer holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Entries.
    pub entries: usize,
    /// Rows, overwritten ones included.
    pub rows: usize,
    /// Memory, an upper estimate.
    pub bytes: usize,
}

/// Entries that this process knows of, shared by writers, readers and folds.
#[derive(Debug, Default)]
pub struct Buffer {
    inner: RwLock<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    entries: BTreeMap<(Source, Seq), Arc<Entry>>,
    totals: Totals,
}

impl Buffer {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an entry; one that is here already stays as it is, since entries never change.
    pub fn apply(&self, entry: Arc<Entry>) {
        let (rows, bytes) = (entry.row_count(), entry.memory_bytes());
        let mut inner = self.inner.write();
        let key = (entry.source, entry.seq);
        if inner.entries.contains_key(&key) {
            return;
        }
        inner.entries.insert(key, entry);
        inner.totals.entries += 1;
        inner.totals.rows += rows;
        inner.totals.bytes += bytes;
    }

    /// Whether the entry is here.
    #[must_use]
    pub fn contains(&self, source: Source, seq: Seq) -> bool {
        self.inner.read().entries.contains_key(&(source, seq))
    }

    /// What it holds now.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.inner.read().totals
    }

    /// The entries that count and are not folded as of `view`, oldest write first.
    ///
    /// Of each source only the entries without a gap from its watermark on: what lies behind a gap is not acknowledged, and
    /// showing it could not be kept up. Entries of a sealed generation beyond its watermark are void.
    #[must_use]
    pub fn unfolded(&self, view: &impl Watermarks) -> Vec<Arc<Entry>> {
        let inner = self.inner.read();
        let mut unfolded = Vec::new();
        let mut run: Option<(Source, Seq)> = None;
        for ((source, seq), entry) in &inner.entries {
            if is_void(view, source) {
                continue;
            }
            let expected = match run {
                Some((running, next)) if running == *source => next,
                _ => view.applied(source),
            };
            if *seq < expected {
                continue;
            }
            // A process's memory has no watermark: all that is still here counts.
            if *seq == expected || matches!(source, Source::Memory(_)) {
                run = seq.next().map(|next| (*source, next));
                unfolded.push(Arc::clone(entry));
            } else {
                run = Some((*source, expected));
            }
        }
        unfolded.sort_by_key(|entry| (entry.stamp, entry.source, entry.seq));
        unfolded
    }

    /// Lets go of every entry that is folded or void as of `view`.
    pub fn retire(&self, view: &impl Watermarks) {
        self.retain(|entry| entry.seq >= view.applied(&entry.source) && !is_void(view, &entry.source));
    }

    /// Lets go of entries of a process's memory that a committed fold took.
    pub fn retire_memory(&self, folded: &[Arc<Entry>]) {
        let is_folded = |entry: &Entry| {
            matches!(entry.source, Source::Memory(_))
                && folded.iter().any(|other| other.source == entry.source && other.seq == entry.seq)
        };
        self.retain(|entry| !is_folded(entry));
    }

    fn retain(&self, keep: impl Fn(&Entry) -> bool) {
        let mut inner = self.inner.write();
        let mut totals = Totals::default();
        inner.entries.retain(|_, entry| {
            let kept = keep(entry);
            if kept {
                totals.entries += 1;
                totals.rows += entry.row_count();
                totals.bytes += entry.memory_bytes();
            }
            kept
        });
        inner.totals = totals;
    }
}

fn is_void(view: &impl Watermarks, source: &Source) -> bool {
    matches!(source, Source::Objects(stream) if view.generation(stream.generation) == GenerationState::Sealed)
}

#[cfg(test)]
mod tests;
