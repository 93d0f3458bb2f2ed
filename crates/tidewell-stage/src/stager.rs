//! Naming segments, and putting them into the store.

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use tidewell_env::Env;
use tidewell_manifest::{SegmentEntry, TagBounds};
use tidewell_segment::EncodedSegment;
use tidewell_storage::{DatabaseLayout, ObjectName, Store, Tier};
use tidewell_types::{Generation, TableName, Version};
use xxhash_rust::xxh3::xxh3_128;

use crate::error::StageError;

/// Segments on their way to the store at once.
const UPLOADS_MAX: usize = 4;

/// A segment in the store that no commit names yet.
#[derive(Clone, Debug)]
pub struct Staged {
    /// Its object.
    pub name: ObjectName,
    /// What a commit is to know of it.
    pub entry: SegmentEntry,
}

/// What a segment is to be among the others of its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What it is stored for.
    pub tier: Tier,
    /// Its place in the order of writes; 0 for that of its commit.
    pub rank: Version,
    /// Deletes up to this version are carried out in it.
    pub deletes_to: Version,
}

impl Place {
    /// Of rows that count as written by their commit: later than all others.
    pub const NEWEST: Self = Self { tier: Tier::Hot, rank: Version::ZERO, deletes_to: Version::ZERO };
}

/// Names segments of one database under one generation, and puts them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Stager {
    store: Store,
    env: Env,
    layout: DatabaseLayout,
    generation: Generation,
}

impl Stager {
    /// A stager of a database, whose layout is `layout`. A commit that names its segments must be of the same `generation`.
    #[must_use]
    pub fn new(store: &Store, env: &Env, layout: &DatabaseLayout, generation: Generation) -> Self {
        Self { store: store.clone(), env: env.clone(), layout: layout.clone(), generation }
    }

    /// The generation that it names segments under.
    #[must_use]
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Names a segment by the day of its earliest row and puts it; one PUT.
    ///
    /// # Errors
    /// [`StageError::Storage`]; the object may or may not be there, and its name is not used again.
    pub async fn put(&self, table: &TableName, place: Place, segment: EncodedSegment) -> Result<Staged, StageError> {
        let (staged, bytes) = self.name(table, place, segment);
        self.store.put(&staged.name, bytes).await?;
        Ok(staged)
    }

    /// Names segments and puts them, some at once; one PUT each. In the order given.
    ///
    /// # Errors
    /// As [`Stager::put`]; others of the segments may be there then.
    pub async fn put_all(
        &self,
        table: &TableName,
        place: Place,
        segments: Vec<EncodedSegment>,
    ) -> Result<Vec<Staged>, StageError> {
        let named = segments.into_iter().map(|segment| self.name(table, place, segment));
        let uploads = futures::stream::iter(named).map(async |(staged, bytes)| {
            self.store.put(&staged.name, bytes).await?;
            Ok::<_, StageError>(staged)
        });
        uploads.buffered(UPLOADS_MAX).try_collect().await
    }

    fn name(&self, table: &TableName, place: Place, segment: EncodedSegment) -> (Staged, Bytes) {
        let EncodedSegment { bytes, stats } = segment;
        let (id, day) = (self.env.segment_id(), stats.time.min.day());
        let name = self.layout.segment(place.tier, self.generation, table, day, id);
        let tags = stats.tags.into_iter().map(|tag| TagBounds {
            tag: tag.tag,
            min: tag.min,
            max: tag.max,
            null_count: tag.null_count,
        });
        let entry = SegmentEntry {
            id,
            object: name.to_string(),
            table: table.clone(),
            file_bytes: bytes.len() as u64,
            footer_bytes: stats.footer_bytes,
            row_count: stats.row_count,
            value_count: stats.field_value_count,
            time: stats.time,
            tags: tags.collect(),
            digest: xxh3_128(&bytes),
            tier: place.tier,
            added: Version::ZERO,
            rank: place.rank,
            deletes_to: place.deletes_to,
            foreign: None,
        };
        (Staged { name, entry }, bytes)
    }
}

#[cfg(test)]
mod tests;
