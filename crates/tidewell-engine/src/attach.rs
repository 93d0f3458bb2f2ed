//! Taking a local log: lock, replay, and a new epoch in the manifest, so that an older holder's folds are refused.

use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use tidewell_buffer::Buffer;
use tidewell_env::Env;
use tidewell_maintain::LocalFold;
use tidewell_manifest::{Attach, Author, Intent, Manifest, NodeState, State};
use tidewell_types::{Source, StoreId};
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
    if let Some(first) = entries.first()
        && first.seq > applied
    {
        let message = format!(
            "local log {} starts at entry {}, and this store has folded it up to {applied}: it belongs to another store; \
             start with that store, or move the folder away to go on without its rows",
            folder.display(),
            first.seq
        );
        return Err(EngineError::new(ErrorKind::Invalid, message));
    }
    log.skip_to(applied);
    let mut replayed = 0;
    for entry in entries.into_iter().filter(|entry| entry.seq >= applied) {
        debug_assert_eq!(entry.source, Source::Node(node));
        replayed += entry.row_count();
        buffer.apply(Arc::new(entry));
    }
    if replayed > 0 {
        tracing::info!(database = %manifest.database(), rows = replayed, "replayed the local log");
    }
    Ok(LocalFold { log: Arc::new(Mutex::new(log)), node, epoch })
}
