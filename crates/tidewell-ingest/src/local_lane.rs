//! The local log as a lane: frames in the page cache at once, on the disk as the level asks.

use std::sync::Arc;

use parking_lot::Mutex;
use tidewell_buffer::Entry;
use tidewell_types::Source;
use tidewell_wal::{AckLevel, LocalLog, entry};

use crate::combine::Grouped;
use crate::error::IngestError;
use crate::lane::Process;

/// A local log that the write path, the timer that fsyncs and the fold that truncates share.
pub type SharedLog = Arc<Mutex<LocalLog>>;

pub(crate) struct LocalLane {
    process: Process,
    log: SharedLog,
}

impl LocalLane {
    pub(crate) fn new(process: Process, log: SharedLog) -> Self {
        Self { process, log }
    }

    pub(crate) async fn append(&mut self, group: Grouped, level: AckLevel) -> Result<Arc<Entry>, IngestError> {
        let (log, process) = (Arc::clone(&self.log), self.process.clone());
        let env = self.process.env.clone();
        let append = move || {
            let mut log = log.lock();
            let stamp = process.stamp();
            let Grouped { batch, tokens } = group;
            let entry = Entry { source: Source::Node(log.node()), seq: log.next_seq(), stamp, batch, tokens };
            let payload = entry::encode(&entry, process.env.write_id())?;
            log.append(&payload)?;
            if level >= AckLevel::EveryWrite {
                log.sync()?;
            }
            Ok(Arc::new(entry))
        };
        env.blocking(append).await
    }
}
