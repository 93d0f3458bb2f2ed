//! What a group of writes is logged in.

use std::sync::Arc;
use std::time::Duration;

use tidewell_buffer::Entry;
use tidewell_cost::{Ledger, Purpose, TablePart};
use tidewell_storage::Usage;
use tidewell_types::{Generation, WriterId};
use tidewell_wal::AckLevel;

use crate::combine::Grouped;
use crate::error::IngestError;
use crate::local_lane::LocalLane;
use crate::memory_lane::MemoryLane;
use crate::object_lane::ObjectLane;

/// One of the three logs, as its group-commit task uses it.
pub(crate) enum Lane {
    Memory(MemoryLane),
    Local(LocalLane),
    Objects(Box<ObjectLane>),
}

impl Lane {
    /// How long the next append should wait so that requests to the store keep their pace.
    pub(crate) fn pause(&mut self) -> Duration {
        match self {
            Self::Memory(_) | Self::Local(_) => Duration::ZERO,
            Self::Objects(lane) => lane.pause(),
        }
    }

    /// Whether nothing waits any more, since the process is about to end.
    pub(crate) fn is_hurried(&self) -> bool {
        match self {
            Self::Memory(_) | Self::Local(_) => false,
            Self::Objects(lane) => lane.is_hurried(),
        }
    }

    /// Logs a group at `level`, in the store under `generation` or an older one; on return it may be acknowledged. `None` where
    /// it does not count in the generation that it was logged under: what it has tokens of must be looked for again, and what
    /// is left be logged under the newest.
    pub(crate) async fn append(
        &mut self,
        group: Grouped,
        level: AckLevel,
        generation: Generation,
    ) -> Result<Option<Arc<Entry>>, IngestError> {
        match self {
            Self::Memory(lane) => Ok(Some(lane.append(group))),
            Self::Local(lane) => lane.append(group, level).await.map(Some),
            Self::Objects(lane) => lane.append(group, level, generation).await,
        }
    }

    /// What the last append took, once.
    pub(crate) fn take_used(&mut self) -> Usage {
        match self {
            Self::Memory(_) | Self::Local(_) => Usage::default(),
            Self::Objects(lane) => lane.take_used(),
        }
    }
}

/// What every lane needs to know of the process.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) env: tidewell_env::Env,
    pub(crate) manifest: tidewell_manifest::Manifest,
    pub(crate) log: tidewell_wal::LogStores,
    pub(crate) stamps: Arc<crate::stamps::Stamps>,
    /// What it has read of the log, and replayed.
    pub(crate) buffer: Arc<tidewell_buffer::Buffer>,
    pub(crate) ledger: Option<Arc<Ledger>>,
}

impl Process {
    /// The stamp of the next entry.
    pub(crate) fn stamp(&self) -> tidewell_types::Stamp {
        let seen = self.manifest.state().stamp_max.max(self.buffer.stamp_max());
        self.stamps.next(&self.env, seen)
    }

    /// Books requests of the write path.
    pub(crate) fn book(&self, tables: &[TablePart], used: &Usage) {
        if let Some(ledger) = &self.ledger {
            ledger.record(Purpose::Write, self.manifest.database(), tables, used);
        }
    }

    pub(crate) fn writer_id(&self) -> WriterId {
        self.env.writer_id()
    }
}
