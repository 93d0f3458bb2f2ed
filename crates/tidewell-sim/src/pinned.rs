//! Reading without a query engine: the log's tail first, the committed view second, segments by rank, then the tail.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::RecordBatch;
use tidewell_buffer::Entry;
use tidewell_maintain::MaintainError;
use tidewell_manifest::{ManifestError, SegmentEntry, State, TableState};
use tidewell_storage::{ObjectName, StorageError};
use tidewell_types::{Seq, Source, TableName, TimeBounds};
use tidewell_wal::{WalError, tail};
use xxhash_rust::xxh3::xxh3_128;

use crate::audit::content::{Bounds, SegmentRows, of_segments};
use crate::breakage::Breakage;
use crate::host::Host;
use crate::race::Race;
use crate::rows::{self, Row, Rows};
use crate::verdict::{Explain, Verdict};

/// What a read fixes when it begins.
#[derive(Clone, Debug)]
pub(crate) struct Pinned {
    pub(crate) state: Arc<State>,
    entries: Vec<Arc<Entry>>,
}

/// Why a read gave nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Wal(#[from] WalError),
    #[error(transparent)]
    Maintain(#[from] MaintainError),
    /// A segment that the state names is gone: a newer state does not name it.
    #[error("{0} is gone")]
    Gone(String),
    #[error("{0} is not what the manifest says")]
    Damaged(String),
    #[error("{0}")]
    Strange(String),
}

impl ReadError {
    /// Whether what the read fixed was collected: the newest state has the same rows elsewhere.
    pub(crate) fn is_collected(&self) -> bool {
        matches!(self, Self::Gone(_) | Self::Manifest(ManifestError::Collected { .. }))
    }
}

impl Explain for ReadError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Storage(error) => error.verdict(),
            Self::Manifest(error) => error.verdict(),
            Self::Wal(error) => error.verdict(),
            Self::Maintain(error) => error.verdict(),
            Self::Damaged(_) => Verdict::Damage,
            Self::Gone(_) => Verdict::Contention,
            Self::Strange(_) => Verdict::Never,
        }
    }
}

/// Everything that was acknowledged before: LIST, then the committed view, as queries do. A generation that somebody left half
/// sealed is finished first.
pub(crate) async fn take(host: &Host) -> Result<Pinned, ReadError> {
    match refresh(host).await {
        Err(_) if host.is_sealing() => {
            host.finish_sealing().await?;
            refresh(host).await?;
        }
        outcome => outcome?,
    }
    Ok(settled(host))
}

async fn refresh(host: &Host) -> Result<(), ReadError> {
    let catch_up = || {
        let manifest = host.manifest.clone();
        async move { Ok::<_, ReadError>(manifest.catch_up().await?) }
    };
    match host.world().plan.breakage {
        Breakage::ReadsViewFirst => refresh_wrongly(host).await,
        Breakage::ShowsSealing => tail::refresh_sealing(&host.tail(), catch_up).await.map(drop),
        _ => tail::refresh(&host.tail(), catch_up).await.map(drop),
    }
}

/// In the wrong order: the committed view first. Rows that are folded and collected in between are missed.
async fn refresh_wrongly(host: &Host) -> Result<(), ReadError> {
    let known = host.manifest.catch_up().await?;
    host.env.sleep(Duration::from_secs(5)).await;
    tail::refresh(&host.tail(), move || std::future::ready(Ok::<_, ReadError>(Arc::clone(&known)))).await?;
    Ok(())
}

/// What is needed to see one write, and whether that took no listing.
pub(crate) async fn take_session(host: &Host, source: Source, seq: Seq) -> Result<Pinned, ReadError> {
    for catches_up in [false, true] {
        let state = match catches_up {
            true => host.manifest.catch_up().await?,
            false => host.manifest.state(),
        };
        if tail::refresh_session(&host.tail(), &*state, source, seq).await? {
            host.world().reach(Race::SessionWithoutListing);
            return Ok(settled(host));
        }
    }
    take(host).await
}

/// The newest state of this process and the entries that it has not folded, which belong together.
fn settled(host: &Host) -> Pinned {
    let pinned = loop {
        let state = host.manifest.state();
        let entries = host.buffer.unfolded(&*state);
        if host.manifest.version() == state.version {
            break Pinned { state, entries };
        }
    };
    if !host.folds() {
        host.buffer.retire(&*pinned.state);
    }
    pinned
}

impl fmt::Display for Pinned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {} and {} entries", self.state.version, self.entries.len())
    }
}

impl Pinned {
    /// The rows of a version alone.
    pub(crate) fn of(state: Arc<State>) -> Self {
        Self { state, entries: Vec::new() }
    }

    /// What is in the log.
    pub(crate) fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// The same by table.
    pub(crate) fn logged(&self) -> BTreeMap<TableName, Vec<RecordBatch>> {
        let mut logged: BTreeMap<TableName, Vec<RecordBatch>> = BTreeMap::new();
        for rows in self.entries.iter().flat_map(|entry| &entry.batch.tables) {
            logged.entry(rows.table.clone()).or_default().push(rows.rows.clone());
        }
        logged
    }

    /// The rows: one GET for each list that was not read lately, and for each segment.
    pub(crate) async fn read(&self, host: &Host) -> Result<Rows, ReadError> {
        let (mut live, mut bounds, mut rows) = (Vec::new(), BTreeMap::new(), SegmentRows::new());
        for (name, table) in &self.state.tables {
            for segment in host.manifest.select(&table.segments, &TimeBounds::ALL).await? {
                rows.insert(segment.entry.id, read_segment(host, &segment.entry).await?);
                live.push(segment.entry);
            }
            bounds.insert(name.clone(), bounds_of(host, table));
        }
        let mut view = of_segments(live.iter(), &bounds, &rows);
        for rows in self.entries.iter().flat_map(|entry| &entry.batch.tables) {
            let floor = bounds.get(&rows.table).and_then(|bounds| bounds.time_floor);
            let logged = rows::of_batch(&rows.table, &rows.rows).map_err(ReadError::Strange)?;
            let is_kept = |row: &&Row| floor.is_none_or(|floor| row.key.time_ns >= floor.as_ns());
            view.overlay(logged.iter().filter(is_kept));
        }
        Ok(view)
    }
}

fn bounds_of(host: &Host, table: &TableState) -> Bounds {
    let tombstones = match host.world().plan.breakage {
        Breakage::ForgetsDeletes => Vec::new(),
        _ => table.tombstones.iter().cloned().map(Arc::new).collect(),
    };
    Bounds { tombstones, time_floor: table.time_floor }
}

/// The rows of one segment, which must be there and have the digest that the manifest says.
async fn read_segment(host: &Host, segment: &SegmentEntry) -> Result<Arc<Vec<Row>>, ReadError> {
    let strange = || ReadError::Strange(format!("{:?} is no object's name", segment.object));
    let name = ObjectName::foreign(&segment.object).ok_or_else(strange)?;
    let Some(bytes) = host.store.get(&name).await? else { return Err(ReadError::Gone(segment.object.clone())) };
    if bytes.len() as u64 != segment.file_bytes || xxh3_128(&bytes) != segment.digest {
        return Err(ReadError::Damaged(segment.object.clone()));
    }
    // The same bytes were decoded when they were committed.
    let known = host.world().audit.lock().rows(segment.id);
    known.ok_or_else(|| ReadError::Strange(format!("{} was never committed", segment.object)))
}
