//! Copying what a version names: segments first, then the lists that name them, so that a list at the target vouches for them.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use parking_lot::Mutex;
use tidewell_manifest::{LeafRef, Manifest, SegmentEntry, Segments, State};
use tidewell_storage::{ObjectName, Store};
use tidewell_types::SegmentId;
use xxhash_rust::xxh3::xxh3_128;

use crate::backup::{BackupError, BackupOptions, BackupSummary, CONCURRENCY_MAX, OnProgress, Progress};
use crate::error::MaintainError;

/// A copy from one store to another.
pub(super) struct Copy<'a> {
    pub(super) from: &'a Manifest,
    pub(super) source: &'a Store,
    pub(super) to: &'a Manifest,
    pub(super) target: &'a Store,
    pub(super) options: BackupOptions,
    pub(super) progress: OnProgress<'a>,
}

/// What became of a segment.
enum Outcome {
    Copied(u64),
    Present,
    Foreign,
}

impl Copy<'_> {
    /// Copies what `state` names and the target lacks. `earlier` is what a finished copy brought to the target before.
    pub(super) async fn version(&self, state: &State, earlier: &State) -> Result<BackupSummary, MaintainError> {
        // Registered files are named by where they are, and not copied.
        let registered = state.registered().count() as u64;
        let segment_count = state.totals().segment_count + registered;
        let count = Mutex::new(BackupSummary {
            version: state.version,
            segment_count,
            copied_count: 0,
            copied_bytes: 0,
            copied_list_count: 0,
            foreign_count: 0,
            snapshot_left: None,
        });
        let done = Mutex::new(Progress { segment_count, ..Progress::default() });
        let tally = Tally { count: &count, done: &done, progress: self.progress };
        // A backup that nobody looks after may have lost objects since.
        let nothing = State::default();
        let earlier = if self.options.is_full { &nothing } else { earlier };
        for (name, table) in &state.tables {
            let before = earlier.tables.get(name).map(|table| table.segments.clone()).unwrap_or_default();
            self.table(&table.segments, &before, &tally).await?;
        }
        self.ends(state, earlier).await?;
        Ok(count.into_inner())
    }

    async fn table(&self, segments: &Segments, before: &Segments, tally: &Tally<'_>) -> Result<(), MaintainError> {
        let mut lists = Vec::new();
        for list in segments.leaves() {
            if before.covers(segments, list) {
                tally.present(segments.live_count(list));
                continue;
            }
            self.segments(&self.from.live_in(segments, list).await?, tally).await?;
            lists.push(list);
        }
        let known: BTreeSet<SegmentId> = before.fresh().iter().map(|segment| segment.id).collect();
        let (present, wanted): (Vec<_>, Vec<_>) =
            segments.fresh().iter().cloned().partition(|segment| known.contains(&segment.id));
        tally.present(present.len() as u64);
        self.segments(&wanted, tally).await?;
        segments.registered().iter().for_each(|_| tally.outcome(&Outcome::Foreign));
        for list in lists {
            let is_copied = self.list(segments, list).await?;
            tally.count.lock().copied_list_count += u64::from(is_copied);
        }
        Ok(())
    }

    async fn segments(&self, entries: &[Arc<SegmentEntry>], tally: &Tally<'_>) -> Result<(), MaintainError> {
        let at_once = self.options.concurrency.clamp(1, CONCURRENCY_MAX);
        let copies: Vec<_> = entries
            .iter()
            .map(|entry| async move {
                tally.outcome(&self.segment(entry).await?);
                Ok::<_, MaintainError>(())
            })
            .collect();
        futures::stream::iter(copies).buffer_unordered(at_once).try_collect::<Vec<()>>().await?;
        Ok(())
    }

    async fn segment(&self, entry: &SegmentEntry) -> Result<Outcome, MaintainError> {
        let is_ours = self.from.layout().parse_segment(&entry.object).is_some();
        let Some(name) = ObjectName::foreign(&entry.object).filter(|_| is_ours) else { return Ok(Outcome::Foreign) };
        // A name has one content for ever; another size is a copy that was cut short.
        if self.target.head(&name).await? == Some(entry.file_bytes) {
            return Ok(Outcome::Present);
        }
        let store = self.source.url().to_string();
        let Some(bytes) = self.source.get(&name).await? else {
            return Err(BackupError::Missing { object: entry.object.clone(), store }.into());
        };
        let problem = match bytes.len() as u64 == entry.file_bytes {
            false => Some("its length is not that of the manifest"),
            true if xxh3_128(&bytes) != entry.digest => Some("its bytes are not those of the manifest's digest"),
            true => None,
        };
        if let Some(problem) = problem {
            return Err(BackupError::Damaged { object: entry.object.clone(), store, problem }.into());
        }
        self.target.put(&name, bytes).await?;
        Ok(Outcome::Copied(entry.file_bytes))
    }

    /// Copies a list and reads it back; `false` where it was there.
    async fn list(&self, segments: &Segments, list: &LeafRef) -> Result<bool, MaintainError> {
        let name = self.from.layout().leaf(list.generation, list.id);
        let is_there = !self.options.is_full && self.target.head(&name).await?.is_some();
        if !is_there {
            let gone = || BackupError::Missing { object: name.to_string(), store: self.source.url().to_string() };
            let bytes = self.source.get(&name).await?.ok_or_else(gone)?;
            self.target.put(&name, bytes).await?;
        }
        self.to.live_in(segments, list).await?;
        Ok(!is_there)
    }

    /// Copies where the streams of sealed generations end, for writers that come back after the copy became a store.
    async fn ends(&self, state: &State, earlier: &State) -> Result<(), MaintainError> {
        for (generation, entry) in &state.generations {
            let Some(write_id) = entry.watermarks else { continue };
            if earlier.generations.get(generation).is_some_and(|known| known.watermarks == entry.watermarks) {
                continue;
            }
            let name = self.from.layout().watermarks(*generation, write_id);
            let gone = || BackupError::Missing { object: name.to_string(), store: self.source.url().to_string() };
            let bytes = self.source.get(&name).await?.ok_or_else(gone)?;
            self.target.put(&name, bytes).await?;
        }
        Ok(())
    }
}

/// Counts outcomes and tells of progress.
struct Tally<'a> {
    count: &'a Mutex<BackupSummary>,
    done: &'a Mutex<Progress>,
    progress: OnProgress<'a>,
}

impl Tally<'_> {
    fn outcome(&self, outcome: &Outcome) {
        let mut count = self.count.lock();
        match outcome {
            Outcome::Copied(bytes) => {
                count.copied_count += 1;
                count.copied_bytes += bytes;
            }
            Outcome::Present => {}
            Outcome::Foreign => count.foreign_count += 1,
        }
        let copied_bytes = count.copied_bytes;
        std::mem::drop(count);
        self.advance(1, copied_bytes);
    }

    fn present(&self, segment_count: u64) {
        if segment_count > 0 {
            let copied_bytes = self.count.lock().copied_bytes;
            self.advance(segment_count, copied_bytes);
        }
    }

    fn advance(&self, by: u64, copied_bytes: u64) {
        let mut done = self.done.lock();
        done.done_count += by;
        done.copied_bytes = done.copied_bytes.max(copied_bytes);
        let now = *done;
        std::mem::drop(done);
        (self.progress)(now);
    }
}
