//! Taking the local log, as the engine does: replay, a new epoch in the manifest, and what a crash took.

use std::sync::Arc;

use parking_lot::Mutex;
use tidewell_buffer::{Buffer, Entry};
use tidewell_env::Env;
use tidewell_maintain::LocalFold;
use tidewell_manifest::{Attach, Author, CommitError, Intent, Manifest, State};
use tidewell_types::{Seq, Source};
use tidewell_wal::{LocalLog, WalError, bind};

use crate::process::Process;
use crate::race::Race;
use crate::violation::Invariant;

/// Takes the process's log and puts what is not folded into the buffer. One commit.
///
/// # Errors
/// Those of the commit; the log is let go of and may be taken again. What the log itself says is never an error: a crash
/// leaves no damage that a replay does not understand.
pub(crate) async fn attach(
    process: &Arc<Process>,
    manifest: &Manifest,
    buffer: &Buffer,
    env: &Env,
) -> Result<LocalFold, CommitError> {
    let (mut log, entries) = match open(process, env) {
        Ok(opened) => opened,
        Err(error) => {
            process.world.broken(Invariant::Durability, format!("{}: its log does not open: {error}", process.name()));
            // Nothing will come of this run any more.
            return std::future::pending().await;
        }
    };
    let (node, writer) = (log.node(), env.writer_id());
    let intend = move |state: &State| {
        let author = Author { generation: state.open_generation(), writer };
        let epoch = state.nodes.get(&node).map_or(0, |state| state.epoch) + 1;
        Ok(Some(Intent { attaches: vec![Attach { node, epoch }], ..Intent::new(author) }))
    };
    let state = manifest.commit(intend).await?;
    let held = state.nodes.get(&node).copied().unwrap_or_default();
    let unfolded: Vec<Entry> = entries.into_iter().filter(|entry| entry.seq >= held.applied).collect();
    let is_whole = (held.applied.get()..).zip(&unfolded).all(|(expected, entry)| entry.seq.get() == expected);
    if !is_whole {
        process.world.broken(Invariant::Durability, format!("{}: its log has a gap", process.name()));
    }
    if !unfolded.is_empty() {
        process.world.reach(Race::Replayed);
    }
    log.skip_to(held.applied);
    unfolded.into_iter().for_each(|entry| buffer.apply(Arc::new(entry)));
    Ok(LocalFold { log: Arc::new(Mutex::new(log)), node, epoch: held.epoch })
}

fn open(process: &Process, env: &Env) -> Result<(LocalLog, Vec<Entry>), WalError> {
    let folder = process.disk.log_folder();
    let crash = process.disk.last_crash();
    let (log, entries) = LocalLog::open(&folder, env)?;
    bind(&folder, process.world.store_id)?;
    // What it opened it has fsynced.
    process.disk.note_synced(log.next_seq());
    if crash.is_torn {
        process.world.reach(Race::TornTail);
    }
    if crash.was_power_lost {
        lose(process, &log, crash.synced);
    }
    Ok((log, entries))
}

/// Settles with the oracle what a power loss took.
fn lose(process: &Process, log: &LocalLog, synced: Seq) {
    let world = &process.world;
    // What is folded needs no frame any more.
    let applied = world.audit.lock().head().applied(&Source::Node(log.node()));
    let next = log.next_seq();
    if next.max(applied) < synced {
        let what = format!("{}: its log ends at {next}, though the frames below {synced} were fsynced", process.name());
        world.broken(Invariant::Durability, what);
    }
    if world.oracle.lock().lose_disk(process.name(), next) > 0 {
        world.reach(Race::UnsyncedLost);
    }
}
