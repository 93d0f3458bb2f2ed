//! The log in the store as a lane: one object a group, acknowledged after the re-check.

use std::sync::Arc;
use std::time::Duration;

use tidewell_buffer::Entry;
use tidewell_types::{Batch, GenerationState, Seq, Source, StreamId, Watermarks as _};
use tidewell_wal::{WalError, entry, object};

use crate::error::IngestError;
use crate::lane::Process;

/// How often a batch moves to a newer generation or identity before its writers hear of it.
const MOVES_MAX: u32 = 5;
const SEALING_PAUSE: Duration = Duration::from_millis(50);
/// How long a half sealed generation is waited for, in pauses.
const SEALING_PAUSES_MAX: u32 = 200;

pub(crate) struct ObjectLane {
    process: Process,
    interval: Duration,
    last_append: Option<Duration>,
    stream: Option<(StreamId, Seq)>,
}

enum Checked {
    Acknowledge,
    AppendAgain,
}

impl ObjectLane {
    pub(crate) fn new(process: Process, interval: Duration) -> Self {
        Self { process, interval, last_append: None, stream: None }
    }

    /// Zero for the first write after a quiet interval; so a lone write is quick and a busy writer still makes one object
    /// an interval.
    pub(crate) fn pause(&self) -> Duration {
        let Some(last) = self.last_append else { return Duration::ZERO };
        (last + self.interval).saturating_sub(self.process.env.monotonic())
    }

    pub(crate) async fn append(&mut self, batch: Batch) -> Result<Arc<Entry>, IngestError> {
        self.last_append = Some(self.process.env.monotonic());
        for _ in 0..MOVES_MAX {
            match self.append_once(batch.clone()).await {
                Ok(Some(entry)) => return Ok(entry),
                Ok(None) | Err(WalError::IdentityTaken { .. }) => self.stream = None,
                Err(error) => {
                    // The place may or may not be filled: a later entry behind a gap would never count.
                    self.stream = None;
                    return Err(error.into());
                }
            }
        }
        Err(IngestError::Unavailable("generations are sealed faster than this write can be logged: try again".into()))
    }

    async fn append_once(&mut self, batch: Batch) -> Result<Option<Arc<Entry>>, WalError> {
        let Process { env, manifest, store, .. } = &self.process;
        let (stream, seq) = match self.stream {
            Some(stream) => stream,
            None => (StreamId { generation: manifest.state().open_generation(), writer: env.writer_id() }, Seq::ZERO),
        };
        let stamp = self.process.stamp();
        let entry = Arc::new(Entry { source: Source::Objects(stream), seq, stamp, batch });
        let write_id = env.write_id();
        let body = entry::encode(&entry, write_id)?;
        object::append(store, manifest.layout(), stream, seq, body, write_id).await?;
        self.stream = seq.next().map(|next| (stream, next));
        match self.check(stream, seq).await? {
            Checked::Acknowledge => Ok(Some(entry)),
            Checked::AppendAgain => Ok(None),
        }
    }

    /// Whether the entry counts: the generation was still open after the object was there, or was sealed with it inside.
    async fn check(&self, stream: StreamId, seq: Seq) -> Result<Checked, WalError> {
        let Process { env, manifest, .. } = &self.process;
        for _ in 0..SEALING_PAUSES_MAX {
            let state = match manifest.catch_up().await {
                Ok(state) => state,
                Err(error) => return Err(WalError::Unchecked { reason: error.to_string() }),
            };
            match state.generation(stream.generation) {
                GenerationState::Open => return Ok(Checked::Acknowledge),
                GenerationState::Sealed if state.applied(&Source::Objects(stream)) > seq => {
                    return Ok(Checked::Acknowledge);
                }
                GenerationState::Sealed => return Ok(Checked::AppendAgain),
                GenerationState::Sealing => env.sleep(SEALING_PAUSE).await,
            }
        }
        Err(WalError::Unchecked { reason: "its generation stays half sealed".to_owned() })
    }
}
