//! Taking a local log: lock, replay, and a new epoch in the manifest, so that an older holder's folds are refused.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use tidewell_buffer::{Buffer, Entry};
use tidewell_env::Env;
use tidewell_maintain::LocalFold;
use tidewell_manifest::{Attach, Author, Intent, Manifest, NodeState, State};
use tidewell_types::{Seq, StoreId};
use tidewell_wal::{LocalLog, bind, store_of};

use crate::error::{EngineError, ErrorKind};

/// Takes the log in `folder` and puts what is not folded into the buffer. One commit.
pub(crate) async fn attach(
    folder: PathBuf,
    store: StoreId,
    manifest: &Manifest,
    buffer: &Buffer,
    env: &Env,
) -> Result<LocalFold, EngineError> {
    let (path, doors) = (folder.clone(), env.clone());
    let open = move || {
        let belongs_here = store_of(&path)?.is_none_or(|bound| bound == store);
        let opened = if belongs_here { Some(LocalLog::open(&path, &doors)?) } else { None };
        bind(&path, store).map(|()| opened)
    };
    let Some((mut log, entries)) = env.blocking(open).await? else {
        return Err(EngineError::new(ErrorKind::Internal, "a local log changed hands while it was opened: try again"));
    };
    let (node, writer) = (log.node(), env.writer_id());
    let intend = move |state: &State| {
        let author = Author { generation: state.open_generation(), writer };
        let epoch = state.nodes.get(&node).map_or(0, |state| state.epoch) + 1;
        Ok(Some(Intent { attaches: vec![Attach { node, epoch }], ..Intent::new(author) }))
    };
    let state = manifest.commit(intend).await?;
    let NodeState { epoch, applied } = state.nodes.get(&node).copied().unwrap_or_default();
    let unfolded: Vec<Entry> = entries.into_iter().filter(|entry| entry.seq >= applied).collect();
    check_whole(&folder, applied, &unfolded)?;
    log.skip_to(applied);
    let mut replayed = 0;
    for entry in unfolded {
        replayed += entry.row_count();
        buffer.apply(Arc::new(entry));
    }
    if replayed > 0 {
        tracing::info!(database = %manifest.database(), rows = replayed, "replayed the local log");
    }
    Ok(LocalFold { log: Arc::new(Mutex::new(log)), node, epoch })
}

/// A log with a gap above what is folded lost a file, or has another store's past: rows behind the gap would never count.
fn check_whole(folder: &Path, applied: Seq, unfolded: &[Entry]) -> Result<(), EngineError> {
    let gap = (applied.get()..).zip(unfolded).find(|(expected, entry)| entry.seq.get() != *expected);
    let Some((expected, entry)) = gap else { return Ok(()) };
    let message = format!(
        "local log {} has no entry {expected} but an entry {}, and its store has folded it up to {applied}: a file of it is \
         missing; restore it, or move the folder away to go on without its rows",
        folder.display(),
        entry.seq
    );
    Err(EngineError::new(ErrorKind::Invalid, message))
}

#[cfg(test)]
mod tests;
