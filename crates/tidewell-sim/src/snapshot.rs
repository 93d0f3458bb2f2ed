//! Reading without a query engine: the log's tail first, the committed view second, segments in commit order, then the tail.

use std::fmt;
use std::sync::Arc;

use tidewell_buffer::Entry;
use tidewell_manifest::{ManifestError, SegmentEntry, State};
use tidewell_storage::{ObjectName, StorageError};
use tidewell_wal::{WalError, tail};
use xxhash_rust::xxh3::xxh3_128;

use crate::host::Host;
use crate::rows::{self, Row, Rows};
use crate::verdict::{Explain, Verdict};

/// What a read fixes when it begins.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
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
    /// A segment that the state names is gone: a newer state does not name it.
    #[error("{0} is gone")]
    Gone(String),
    #[error("{0} is not what the manifest says")]
    Damaged(String),
    #[error("{0}")]
    Strange(String),
}

impl Explain for ReadError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Storage(error) => error.verdict(),
            Self::Manifest(error) => error.verdict(),
            Self::Wal(error) => error.verdict(),
            Self::Damaged(_) => Verdict::Damage,
            Self::Gone(_) | Self::Strange(_) => Verdict::Never,
        }
    }
}

/// A snapshot that holds every row acknowledged before the call, in the order that the engine's own takes.
pub(crate) async fn take(host: &Host) -> Result<Snapshot, ReadError> {
    let catch_up = || {
        let manifest = host.manifest.clone();
        async move { Ok::<_, ReadError>(manifest.catch_up().await?) }
    };
    tail::refresh(&tail_of(host), catch_up).await?;
    loop {
        let state = host.manifest.state();
        let entries = host.buffer.unfolded(&*state);
        if host.manifest.version() == state.version {
            return Ok(Snapshot { state, entries });
        }
    }
}

/// The same in the wrong order: the committed view first. Rows that are folded and collected in between are missed.
pub(crate) async fn take_wrongly(host: &Host) -> Result<Snapshot, ReadError> {
    let state = host.manifest.catch_up().await?;
    host.env.sleep(std::time::Duration::from_secs(5)).await;
    let known = Arc::clone(&state);
    tail::refresh(&tail_of(host), move || std::future::ready(Ok::<_, ReadError>(Arc::clone(&known)))).await?;
    let entries = host.buffer.unfolded(&*state);
    Ok(Snapshot { state, entries })
}

fn tail_of(host: &Host) -> tail::Tail<'_> {
    tail::Tail {
        log: &host.log,
        layout: host.manifest.layout(),
        buffer: &host.buffer,
        env: &host.env,
        bytes_max: host.tail_bytes_max(),
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {} and {} entries", self.state.version, self.entries.len())
    }
}

impl Snapshot {
    /// The rows: one GET for each segment.
    pub(crate) async fn read(&self, host: &Host) -> Result<Rows, ReadError> {
        let mut view = Rows::default();
        for table in self.state.tables.values() {
            for segment in table.segments.fresh().iter() {
                view.overlay(&*read_segment(host, segment).await?);
            }
        }
        for rows in self.entries.iter().flat_map(|entry| &entry.batch.tables) {
            view.overlay(&rows::of_batch(&rows.table, &rows.rows).map_err(ReadError::Strange)?);
        }
        Ok(view)
    }
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
    let known = host.process.world.audit.lock().rows(segment.id);
    known.ok_or_else(|| ReadError::Strange(format!("{} was never committed", segment.object)))
}
