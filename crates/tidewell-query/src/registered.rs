//! Registered files in a scan: looked at before anything rests on them, read only as they were registered.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryReservation;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt, stream};
use parking_lot::Mutex;
use tidewell_manifest::{FileError, FileLook, FileRows, RegisteredFile, SegmentEntry};
use tidewell_segment::conform;
use tidewell_segment::foreign::RowLimits;
use tidewell_segment::sort_rows;
use tidewell_storage::ForeignStores;
use tidewell_types::{SegmentId, TableSchema, TimeBounds};
use tokio::sync::OnceCell;

use crate::QueryError;
use crate::access::Access;
use crate::key_span::KeySpan;
use crate::read_units::slices;
use crate::scan::Source;
use crate::segment_fault::internal;
use crate::tail::within;

/// Files that are looked at together.
const LOOKS_AT_ONCE: usize = 4;
/// Of a query's memory one look, and one row group on its way, may take this part.
const LOOK_PART: usize = 8;
/// Files that a process remembers, and what that may hold in memory.
const FILES_KNOWN_MAX: usize = 8192;
const KNOWN_BYTES_MAX: usize = 64 << 20;
/// What sorting holds beside the rows it is given: as many in the right order, and a key of 24 bytes for each.
const SORT_FACTOR: usize = 2;
const SORT_KEY_BYTES: usize = 24;

/// What a process knows of registered files. It may be forgotten at any time.
#[derive(Debug)]
pub(crate) struct RegisteredFiles {
    stores: ForeignStores,
    memory_bytes_max: usize,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// With the number of uses before the last one.
    files: BTreeMap<SegmentId, (u64, Arc<File>)>,
    uses: u64,
}

/// One file, opened and looked at once, however many ask at once.
#[derive(Debug, Default)]
struct File {
    opened: OnceCell<RegisteredFile>,
    look: OnceCell<Arc<FileLook>>,
}

impl File {
    fn memory_bytes(&self) -> usize {
        let footer = self.opened.get().map_or(0, RegisteredFile::memory_bytes);
        let look = self
            .look
            .get()
            .map_or(0, |look| look.row_groups.len() * size_of::<Option<TimeBounds>>() + look.facts.tags.len() * 256);
        footer + look
    }
}

impl RegisteredFiles {
    /// Nothing is known yet. `memory_bytes_max` is what one query may hold.
    pub(crate) fn new(stores: ForeignStores, memory_bytes_max: usize) -> Self {
        Self { stores, memory_bytes_max, known: Mutex::default() }
    }

    fn file(&self, id: SegmentId) -> Arc<File> {
        let mut known = self.known.lock();
        known.uses += 1;
        let now = known.uses;
        let (used, file) = known.files.entry(id).or_default();
        *used = now;
        Arc::clone(file)
    }

    /// Forgets what was not used for longest, until the rest fits.
    fn trim(&self) {
        let mut known = self.known.lock();
        let mut bytes: usize = known.files.values().map(|(_, file)| file.memory_bytes()).sum();
        while known.files.len() > 1 && (bytes > KNOWN_BYTES_MAX || known.files.len() > FILES_KNOWN_MAX) {
            let oldest = known.files.iter().min_by_key(|(_, (used, _))| *used).map(|(id, _)| *id);
            let Some((_, file)) = oldest.and_then(|id| known.files.remove(&id)) else { return };
            bytes = bytes.saturating_sub(file.memory_bytes());
        }
    }

    /// What one file may hold while it is read.
    fn limits(&self, batch_rows: usize) -> RowLimits {
        RowLimits { batch_rows, memory_bytes_max: (self.memory_bytes_max / LOOK_PART) as u64 }
    }
}

impl Access {
    /// Opens a registered file: one request, or none where its metadata is known.
    pub(crate) async fn open_file(&self, entry: &SegmentEntry) -> Result<RegisteredFile, QueryError> {
        let known = self.registered.file(entry.id);
        let meter = self.store.meter();
        let opened = known.opened.get_or_try_init(|| RegisteredFile::open(entry, &self.registered.stores, meter)).await;
        let file = opened.map_err(|error| fault(&error))?.metered_by(meter);
        self.registered.trim();
        Ok(file)
    }

    /// The same segments, where registered files of which only the footer was read are looked at first: their true bounds take
    /// the place of claims. Once a process, one request to open a file and one for each of its row groups.
    pub(crate) async fn with_facts(
        &self,
        segments: Vec<Arc<SegmentEntry>>,
        schema: &TableSchema,
        reservation: &MemoryReservation,
    ) -> Result<Vec<Arc<SegmentEntry>>> {
        if segments.iter().all(|entry| entry.has_facts()) {
            return Ok(segments);
        }
        let looks: Vec<_> = segments.into_iter().map(|entry| self.with_fact(entry, schema, reservation)).collect();
        stream::iter(looks).buffered(LOOKS_AT_ONCE).try_collect().await
    }

    async fn with_fact(
        &self,
        entry: Arc<SegmentEntry>,
        schema: &TableSchema,
        reservation: &MemoryReservation,
    ) -> Result<Arc<SegmentEntry>> {
        if entry.has_facts() {
            return Ok(entry);
        }
        let known = self.registered.file(entry.id);
        let look = known.look.get_or_try_init(|| async {
            let limits = self.registered.limits(8192);
            let held = reservation.new_empty();
            held.try_grow(usize::try_from(limits.memory_bytes_max).unwrap_or(usize::MAX))?;
            let file = self.open_file(&entry).await?;
            let look = file.look(schema, limits).await.map_err(|error| fault(&error))?;
            Ok::<_, DataFusionError>(Arc::new(look))
        });
        let facts = look.await?.facts.clone();
        self.registered.trim();
        entry.with_facts(&facts).map(Arc::new).ok_or_else(|| internal("facts for a segment of ours").into())
    }

    /// The row groups that can hold rows of a span of time; `None` where nothing is known of them.
    fn row_groups_within(&self, id: SegmentId, span: &KeySpan) -> Option<Vec<usize>> {
        let known = self.registered.file(id);
        let look = known.look.get()?;
        let time = span.time?;
        let groups = look.row_groups.iter().enumerate();
        Some(groups.filter(|(_, span)| span.is_some_and(|span| span.overlaps(&time))).map(|(group, _)| group).collect())
    }
}

/// The rows of a registered file as a run to merge: sorted, one row an identity, under the columns that merges decode.
///
/// A file that is in that order is read as it comes, a row group at a time. Any other is sorted in memory.
pub(crate) fn run(
    source: &Source,
    entry: &Arc<SegmentEntry>,
    file: &RegisteredFile,
    reservation: MemoryReservation,
) -> Result<BoxStream<'static, Result<RecordBatch>>> {
    let Source { access, merged, narrowed, .. } = source;
    let span = merged.pruning.span.clone();
    let schema = Arc::clone(&merged.schema);
    let is_wanted = |field: &str| schema.column_with_name(field).is_some();
    let groups = access.row_groups_within(entry.id, &span);
    let rows = file.rows(is_wanted, groups, access.registered.limits(merged.batch_rows));
    let rows = rows.map_err(|error| fault(&error))?;
    let url = entry.foreign.as_ref().map(|file| file.url.clone()).unwrap_or_default();
    let reading = Reading { access: Arc::clone(access), rows, reservation, url };
    if entry.foreign.as_ref().and_then(|file| file.checked).is_some_and(|checked| checked.is_sorted) {
        let batches = stream::try_unfold(reading, |mut reading| async move {
            let batch = reading.next(0).await?;
            Ok::<_, DataFusionError>(batch.map(|batch| (batch, reading)))
        });
        return Ok(batches.map(move |batch| Ok(conform(&schema, &batch?).map_err(internal)?)).boxed());
    }
    let (narrowed, batch_rows) = (narrowed.clone(), merged.batch_rows);
    let sorted = async move {
        let (rows, held) = reading.sorted(narrowed, &span).await?;
        // What is held is given back when the last slice is taken.
        Ok::<_, DataFusionError>(slices(rows, batch_rows).inspect(move |_| _ = &held))
    };
    Ok(stream::once(sorted).try_flatten().boxed())
}

struct Reading {
    access: Arc<Access>,
    rows: FileRows,
    /// For the encoded bytes of a row group, and for rows that are kept.
    reservation: MemoryReservation,
    url: String,
}

impl Reading {
    /// The next rows; `kept_bytes` are held besides.
    async fn next(&mut self, kept_bytes: usize) -> Result<Option<RecordBatch>> {
        let Self { access, rows, reservation, .. } = self;
        let batch = rows.next_within(|bytes| {
            let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
            reservation.try_resize(kept_bytes.saturating_add(bytes))?;
            access.statistics.add_bytes(bytes);
            Ok::<_, ReadError>(())
        });
        let batch = batch.await.map_err(|ReadError(error)| error)?;
        access.statistics.add_rows(batch.as_ref().map_or(0, RecordBatch::num_rows));
        Ok(batch)
    }

    /// All rows within `span`, sorted, and what they hold.
    async fn sorted(mut self, schema: TableSchema, span: &KeySpan) -> Result<(RecordBatch, MemoryReservation)> {
        let (mut batches, mut kept_bytes) = (Vec::new(), 0_usize);
        loop {
            let next = self.next(kept_bytes).await;
            let Some(batch) = next.map_err(|error| self.too_large(error))? else { break };
            let batch = within(batch, span)?;
            if batch.num_rows() == 0 {
                continue;
            }
            kept_bytes = kept_bytes.saturating_add(batch.get_array_memory_size());
            self.reservation.try_resize(kept_bytes).map_err(|error| self.too_large(error))?;
            batches.push(batch);
        }
        let row_count: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let needed = kept_bytes.saturating_mul(SORT_FACTOR).saturating_add(row_count.saturating_mul(SORT_KEY_BYTES));
        self.reservation.try_resize(needed).map_err(|error| self.too_large(error))?;
        let sorted = self.access.env.blocking(move || sort_rows(&schema, &batches)).await.map_err(internal)?;
        self.reservation.try_resize(sorted.get_array_memory_size())?;
        Ok((sorted, self.reservation))
    }

    fn too_large(&self, error: DataFusionError) -> DataFusionError {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(detail) => QueryError::File(format!(
                "registered file {} is not sorted, and sorting it takes more memory than a query may hold: raise the limit, \
                 ask for less time, or import the file in place of registering it ({detail})",
                self.url
            ))
            .into(),
            _ => error,
        }
    }
}

/// An error on the way to a row, as a query's.
struct ReadError(DataFusionError);

impl From<DataFusionError> for ReadError {
    fn from(error: DataFusionError) -> Self {
        Self(error)
    }
}

impl From<FileError> for ReadError {
    fn from(error: FileError) -> Self {
        Self(fault(&error).into())
    }
}

/// A registered file that cannot be read, as a query's error.
fn fault(error: &FileError) -> QueryError {
    match error {
        FileError::Storage { .. } => QueryError::Storage(error.to_string()),
        _ => QueryError::File(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
