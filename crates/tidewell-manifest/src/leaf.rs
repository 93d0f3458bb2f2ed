//! A list of segments as an object of its own, so that a state need not hold what nobody looks at.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use tidewell_types::{Generation, WriteId};

use crate::entry::SegmentEntry;
use crate::error::DecodeError;
use crate::frame::{self, Kind};
use crate::message;
use crate::part;
use crate::segments::LeafRef;

/// Segments of one list; a longer one is split.
pub(crate) const LEAF_SEGMENTS_MAX: usize = 4096;
/// Lists that a process keeps decoded: about 2 MiB each.
const LEAVES_CACHED_MAX: usize = 32;

/// The segments of one list, by key.
pub(crate) type Leaf = Vec<Arc<SegmentEntry>>;

/// What names the list of `entries`, which are sorted by key; `None` for none.
pub(crate) fn leaf_ref(generation: Generation, id: WriteId, entries: &[Arc<SegmentEntry>]) -> Option<LeafRef> {
    let (first, last) = (entries.first()?, entries.last()?);
    let time = entries.iter().fold(first.time, |time, entry| time.union(&entry.time));
    Some(LeafRef {
        generation,
        id,
        time,
        segment_count: entries.len() as u64,
        digest: entries.iter().fold(0u128, |sum, entry| sum.wrapping_add(entry.share())),
        first: first.key(),
        last: last.key(),
    })
}

/// The object of a list.
pub(crate) fn encode(entries: &[Arc<SegmentEntry>], write_id: WriteId) -> Result<Bytes, DecodeError> {
    let segments = entries.iter().map(|entry| part::segment_message(entry)).collect();
    frame::seal_message(Kind::Leaf, write_id, &message::Leaf { segments })
}

/// Reads a list and checks that it is the one that `leaf` names; total on any bytes.
pub(crate) fn decode(bytes: &[u8], leaf: &LeafRef) -> Result<Leaf, DecodeError> {
    let (write_id, body): (_, message::Leaf) = frame::open_message(Kind::Leaf, bytes)?;
    if body.segments.len() > LEAF_SEGMENTS_MAX {
        return Err(part::corrupt("list of segments"));
    }
    let entries = body.segments.iter().map(|segment| part::read_segment(segment, None).map(Arc::new));
    let entries: Leaf = entries.collect::<Result<_, _>>()?;
    let is_sorted = entries.windows(2).all(|pair| matches!(pair, [a, b] if a.key() < b.key()));
    let read = leaf_ref(leaf.generation, write_id, &entries);
    let is_registered = entries.iter().any(|entry| entry.foreign.is_some());
    if !is_sorted || is_registered || read.as_ref() != Some(leaf) {
        return Err(part::corrupt("list of segments"));
    }
    Ok(entries)
}

/// Lists that were read lately. Any may vanish at any time.
#[derive(Debug, Default)]
pub(crate) struct LeafCache {
    inner: Mutex<Cached>,
}

#[derive(Debug, Default)]
struct Cached {
    leaves: BTreeMap<WriteId, (u64, Arc<Leaf>)>,
    uses: u64,
}

impl LeafCache {
    pub(crate) fn get(&self, id: WriteId) -> Option<Arc<Leaf>> {
        let mut cached = self.inner.lock();
        cached.uses += 1;
        let now = cached.uses;
        let (used, leaf) = cached.leaves.get_mut(&id)?;
        *used = now;
        Some(Arc::clone(leaf))
    }

    pub(crate) fn put(&self, id: WriteId, leaf: Arc<Leaf>) {
        let mut cached = self.inner.lock();
        cached.uses += 1;
        let now = cached.uses;
        cached.leaves.insert(id, (now, leaf));
        if cached.leaves.len() > LEAVES_CACHED_MAX {
            let oldest = cached.leaves.iter().min_by_key(|(_, (used, _))| *used).map(|(id, _)| *id);
            if let Some(oldest) = oldest {
                cached.leaves.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests;
