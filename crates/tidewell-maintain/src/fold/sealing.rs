//! The fold of generations that are being sealed: nobody may see their entries before it commits.

use tidewell_buffer::Buffer;
use tidewell_types::{Seq, Source};
use tidewell_wal::tail;

use super::{FoldOutcome, FoldSummary, Folder};
use crate::error::MaintainError;

impl Folder {
    /// As [`Folder::fold`], once, with the entries of generations that are being sealed, and without collecting what is
    /// folded. `Elsewhere` means that another process folded some of the entries first and the rest waits.
    pub(crate) async fn fold_sealing(&self) -> Result<FoldSummary, MaintainError> {
        let _turn = self.turn.lock().await;
        self.settle().await?;
        // Apart from the buffer that readers share: what the generation is sealed without must never have been in there.
        let apart = Buffer::new();
        let tail = tail::Tail {
            log: &self.log,
            layout: self.manifest.layout(),
            buffer: &apart,
            env: &self.env,
            bytes_max: self.tail_bytes_max,
        };
        let catch_up = || {
            let manifest = self.manifest.clone();
            async move { Ok::<_, MaintainError>(manifest.catch_up().await?) }
        };
        let own = self.own_entries();
        let (before, _) = tail::refresh_sealing(&tail, catch_up).await?;
        // This process's own entries of before the listing come along, since what is folded later counts as written later.
        let is_own = |source: &Source, seq: Seq| own.get(source).is_some_and(|newest| seq <= *newest);
        for entry in self.buffer.unfolded_of(&*before, is_own) {
            apart.apply(entry);
        }
        let entries = apart.unfolded(&*before);
        if entries.is_empty() {
            return Ok(self.summary(FoldOutcome::Empty, &[], &[], before.version));
        }
        let summary = self.fold_entries(&before, &entries).await?;
        if summary.outcome == FoldOutcome::Folded {
            self.buffer.retire_memory(&entries);
        }
        self.let_go().await?;
        Ok(summary)
    }
}
