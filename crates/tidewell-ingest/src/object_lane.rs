//! The log in the store as a lane: one object a group, in the main store or in the replicas, acknowledged after the re-check.

use std::sync::Arc;
use std::time::Duration;

use tidewell_buffer::Entry;
use tidewell_cost::{Pacer, TablePart};
use tidewell_manifest::{Manifest, ManifestError};
use tidewell_storage::Usage;
use tidewell_types::{Generation, GenerationState, Seq, Source, StreamId, Watermarks as _};
use tidewell_wal::{AckLevel, LogStores, LogTarget, WalError, entry};

use crate::combine::Grouped;
use crate::error::IngestError;
use crate::lane::Process;

const SEALING_PAUSE: Duration = Duration::from_millis(50);
/// How long a half sealed generation is waited for, in pauses.
const SEALING_PAUSES_MAX: u32 = 200;

pub(crate) struct ObjectLane {
    process: Process,
    pacer: Pacer,
    /// The log and the view with counters of this lane alone, and what of their counts is settled.
    log: LogStores,
    manifest: Manifest,
    settled: Usage,
    used: Usage,
    /// A stream for each target: that a place is taken is seen in its own target only.
    in_main: Stream,
    on_replicas: Stream,
}

/// Where the next entry goes; `None` for the first under a new identity.
type Stream = Option<(StreamId, Seq)>;

enum Checked {
    Acknowledge,
    AppendAgain,
}

impl ObjectLane {
    pub(crate) fn new(process: Process, pacer: Pacer) -> Self {
        let log = process.log.metered();
        let manifest = process.manifest.through(log.main().clone());
        Self {
            process,
            pacer,
            log,
            manifest,
            settled: Usage::default(),
            used: Usage::default(),
            in_main: None,
            on_replicas: None,
        }
    }

    /// As [`Pacer::pause`] has it.
    pub(crate) fn pause(&mut self) -> Duration {
        self.pacer.pause(self.process.env.monotonic())
    }

    pub(crate) fn is_hurried(&self) -> bool {
        self.pacer.is_hurried()
    }

    /// What the last append took, once.
    pub(crate) fn take_used(&mut self) -> Usage {
        std::mem::take(&mut self.used)
    }

    /// Books what was asked since the last append, whatever came of this one. What its replicas were asked after their
    /// majority had answered is in the next.
    fn settle(&mut self, tables: &[TablePart]) {
        self.used = self.log.usage() - self.settled;
        self.settled = self.settled + self.used;
        self.pacer.spend(self.process.env.monotonic(), &self.used);
        self.process.book(tables, &self.used);
    }

    pub(crate) async fn append(
        &mut self,
        group: Grouped,
        level: AckLevel,
        generation: Generation,
    ) -> Result<Option<Arc<Entry>>, IngestError> {
        self.pacer.begin(self.process.env.monotonic());
        let to = if level == AckLevel::Quorum { LogTarget::Replicas } else { LogTarget::Main };
        let tables = group.tables();
        let appended = self.append_once(group, to, generation).await;
        self.settle(&tables);
        match appended {
            Ok(Some(entry)) => Ok(Some(entry)),
            Ok(None) | Err(WalError::IdentityTaken { .. }) => {
                *self.stream(to) = None;
                Ok(None)
            }
            Err(error) => {
                // The place may or may not be filled: a later entry behind a gap would never count.
                *self.stream(to) = None;
                Err(error.into())
            }
        }
    }

    fn stream(&mut self, to: LogTarget) -> &mut Stream {
        match to {
            LogTarget::Main => &mut self.in_main,
            LogTarget::Replicas => &mut self.on_replicas,
        }
    }

    async fn append_once(
        &mut self,
        group: Grouped,
        to: LogTarget,
        generation: Generation,
    ) -> Result<Option<Arc<Entry>>, WalError> {
        let known = *self.stream(to);
        let Process { env, .. } = &self.process;
        let new = || (StreamId { generation, writer: env.writer_id() }, Seq::ZERO);
        let (stream, seq) = known.unwrap_or_else(new);
        let stamp = self.process.stamp();
        let Grouped { batch, tokens } = group;
        let entry = Arc::new(Entry { source: Source::Objects(stream), seq, stamp, batch, tokens });
        let write_id = env.write_id();
        let body = entry::encode(&entry, write_id)?;
        self.log.append(env, &self.manifest.layout().wal(stream, seq), body, write_id, to).await?;
        *self.stream(to) = seq.next().map(|next| (stream, next));
        match self.check(stream, seq).await? {
            Checked::Acknowledge => Ok(Some(entry)),
            Checked::AppendAgain => Ok(None),
        }
    }

    /// Whether the entry counts: the generation was still open after the object was there, or was sealed with it inside.
    async fn check(&self, stream: StreamId, seq: Seq) -> Result<Checked, WalError> {
        let (env, manifest) = (&self.process.env, &self.manifest);
        for _ in 0..SEALING_PAUSES_MAX {
            let unchecked = |error: ManifestError| WalError::Unchecked { reason: error.to_string() };
            let state = manifest.catch_up().await.map_err(unchecked)?;
            match state.generation(stream.generation) {
                GenerationState::Open => return Ok(Checked::Acknowledge),
                // The state has let go of the streams of a sealed generation: where they end is in an object of its own.
                GenerationState::Sealed => {
                    let end = manifest.end_of(&state, stream).await.map_err(unchecked)?;
                    return Ok(if end > seq { Checked::Acknowledge } else { Checked::AppendAgain });
                }
                GenerationState::Sealing => env.sleep(SEALING_PAUSE).await,
            }
        }
        Err(WalError::Unchecked { reason: "its generation stays half sealed".to_owned() })
    }
}
