//! No log at all: `--wal-mode none`.

use std::sync::Arc;

use tidewell_buffer::Entry;
use tidewell_types::{Seq, Source, WriterId};

use crate::combine::Grouped;
use crate::lane::Process;

pub(crate) struct MemoryLane {
    process: Process,
    writer: WriterId,
    next: u64,
}

impl MemoryLane {
    pub(crate) fn new(process: Process) -> Self {
        let writer = process.writer_id();
        Self { process, writer, next: 0 }
    }

    pub(crate) fn append(&mut self, group: Grouped) -> Arc<Entry> {
        let seq = Seq::new(self.next);
        self.next += 1;
        let Grouped { batch, tokens } = group;
        Arc::new(Entry { source: Source::Memory(self.writer), seq, stamp: self.process.stamp(), batch, tokens })
    }
}
