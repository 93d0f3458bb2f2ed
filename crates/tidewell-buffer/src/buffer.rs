//! The entries that are not folded yet, by source and place.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::RwLock;
use tidewell_types::{GenerationState, Seq, Source, Stamp, TokenId, Watermarks};

use crate::entry::Entry;
use crate::once::count_once;

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
    /// Which entries hold rows of a token.
    tokens: BTreeMap<TokenId, BTreeSet<(Source, Seq)>>,
    totals: Totals,
    /// The highest stamp of any entry that ever was here.
    stamp_max: Stamp,
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
        for token in &entry.tokens {
            inner.tokens.entry(token.id).or_default().insert(key);
        }
        inner.stamp_max = inner.stamp_max.max(entry.stamp);
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

    /// The highest stamp of any entry that ever was here, its process's own of an earlier life included: new ones go above it.
    #[must_use]
    pub fn stamp_max(&self) -> Stamp {
        self.inner.read().stamp_max
    }

    /// What it holds now.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.inner.read().totals
    }

    /// How many requests with an idempotency key it holds rows of.
    #[must_use]
    pub fn token_count(&self) -> usize {
        self.inner.read().tokens.len()
    }

    /// The entries that count and are not folded as of `view`, oldest write first.
    ///
    /// Of each source only the entries without a gap from its watermark on: what lies behind a gap is not acknowledged, and
    /// showing it could not be kept up. Entries of a sealed generation beyond its watermark are void.
    ///
    /// The rows of a token that `view` has in segments, or that an entry further up in the answer holds, are left out; their
    /// entry stays, even without any row, since its place moves the watermark. What is left of such an entry's tables comes
    /// in pieces: several [`TableRows`](tidewell_types::TableRows) of one table, in the order of its rows.
    #[must_use]
    pub fn unfolded(&self, view: &impl Watermarks) -> Vec<Arc<Entry>> {
        self.unfolded_of(view, |_, _| true)
    }

    /// As [`Buffer::unfolded`], of some entries only: for a fold, which must not leave out the rows of a token because an
    /// entry holds them that it cannot take. What comes behind an entry that is not wanted is left out as well.
    #[must_use]
    pub fn unfolded_of(&self, view: &impl Watermarks, is_wanted: impl Fn(&Source, Seq) -> bool) -> Vec<Arc<Entry>> {
        let inner = self.inner.read();
        let mut unfolded = Vec::new();
        let mut run: Option<(Source, Seq)> = None;
        for ((source, seq), entry) in &inner.entries {
            if is_void(view, source) || !is_wanted(source, *seq) {
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
        let has_tokens = !inner.tokens.is_empty();
        drop(inner);
        unfolded.sort_by_key(|entry| (entry.stamp, entry.source, entry.seq));
        if has_tokens {
            count_once(&mut unfolded, view);
        }
        unfolded
    }

    /// The newest entry that is here of each source that is asked for.
    #[must_use]
    pub fn newest(&self, is_wanted: impl Fn(&Source) -> bool) -> BTreeMap<Source, Seq> {
        let inner = self.inner.read();
        inner.entries.keys().filter(|(source, _)| is_wanted(source)).copied().collect()
    }

    /// An entry that counts as of `view`, folded or not, and holds rows of the token; of the sources that are accepted.
    #[must_use]
    pub fn find_token(
        &self,
        token: &TokenId,
        view: &impl Watermarks,
        is_accepted: impl Fn(&Source) -> bool,
    ) -> Option<(Source, Seq)> {
        let inner = self.inner.read();
        let mut holders = inner.tokens.get(token)?.iter().copied();
        holders.find(|(source, seq)| {
            is_accepted(source) && inner.missing(view, *source, *seq, 0).is_some_and(|missing| missing.is_empty())
        })
    }

    /// What is not here of the entries of `source` up to `seq` that are not folded as of `view`; `None` where that is more
    /// than `missing_max`, or where the entry can no longer come to count.
    #[must_use]
    pub fn missing(&self, view: &impl Watermarks, source: Source, seq: Seq, missing_max: usize) -> Option<Vec<Seq>> {
        self.inner.read().missing(view, source, seq, missing_max)
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
        let Inner { entries, tokens, totals, .. } = &mut *inner;
        *totals = Totals::default();
        entries.retain(|key, entry| {
            let kept = keep(entry);
            if kept {
                totals.entries += 1;
                totals.rows += entry.row_count();
                totals.bytes += entry.memory_bytes();
                return true;
            }
            for token in &entry.tokens {
                if let Some(holders) = tokens.get_mut(&token.id) {
                    holders.remove(key);
                    if holders.is_empty() {
                        tokens.remove(&token.id);
                    }
                }
            }
            false
        });
    }
}

impl Inner {
    fn missing(&self, view: &impl Watermarks, source: Source, seq: Seq, missing_max: usize) -> Option<Vec<Seq>> {
        let applied = view.applied(&source);
        if matches!(source, Source::Memory(_)) {
            return self.entries.contains_key(&(source, seq)).then(Vec::new);
        }
        if seq < applied {
            return Some(Vec::new());
        }
        if is_void(view, &source) {
            return None;
        }
        let here: Vec<Seq> = self.entries.range((source, applied)..=(source, seq)).map(|((_, seq), _)| *seq).collect();
        let missing_count = (seq.get() - applied.get()).saturating_add(1) - here.len() as u64;
        if missing_count > missing_max as u64 {
            return None;
        }
        let mut here = here.into_iter().peekable();
        let wanted = (applied.get()..=seq.get()).map(Seq::new);
        Some(wanted.filter(|wanted| here.next_if_eq(wanted).is_none()).collect())
    }
}

fn is_void(view: &impl Watermarks, source: &Source) -> bool {
    matches!(source, Source::Objects(stream) if view.generation(stream.generation) == GenerationState::Sealed)
}

#[cfg(test)]
mod tests;
