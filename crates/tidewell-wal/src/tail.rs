//! The tail of the log in the store: what every writer has appended and no commit has folded.

use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::try_join_all;
use tidewell_buffer::{Buffer, Entry};
use tidewell_env::Env;
use tidewell_storage::{DatabaseLayout, Listed, ObjectName};
use tidewell_types::{GenerationState, Seq, Source, StreamId, Watermarks};

use crate::entry;
use crate::error::WalError;
use crate::log_stores::{Held, Located, LogStores};

/// Entries fetched at once.
const FETCHES_MAX: usize = 16;
/// Entries that a session read fetches before a listing is the cheaper way.
const SESSION_ENTRIES_MAX: usize = 64;
/// How often a refresh starts over because entries were folded under it or a generation is being sealed.
const ROUNDS_MAX: u32 = 100;
const ROUND_PAUSE: Duration = Duration::from_millis(20);

/// Brings the buffer up to the store's log and returns the committed view that it fits.
///
/// Holds every entry that was acknowledged before the call: the log is listed first and the view read second, since an
/// entry that leaves the log has entered a segment by then, while the reverse order would miss it. Requests: one LIST, what
/// `catch_up` makes, and one GET for each entry that is new here. With replicas each of them is asked as well, for every
/// entry that the main store does not have; what too few of them hold is copied to a majority, and the view read once more,
/// before it is shown.
///
/// # Errors
/// `catch_up`'s errors, and those of [`refresh_ahead`].
pub async fn refresh<S, E, F, C>(tail: &Tail<'_>, mut catch_up: F) -> Result<(Arc<S>, Vec<Listed>), E>
where
    S: Watermarks,
    E: From<WalError>,
    F: FnMut() -> C,
    C: Future<Output = Result<Arc<S>, E>>,
{
    let read = || {
        let caught_up = catch_up();
        async move { Ok::<_, E>((caught_up.await?, ready(Ok::<_, E>(true)))) }
    };
    refresh_ahead(tail, ready(Ok(())), read).await
}

/// The same in fewer round trips, for a view that is confirmed only after it was read: `beside` runs while the log is listed
/// for the first time, and while a view is being confirmed, the entries that are new as it says are fetched. A view that is
/// not confirmed is dropped, and everything begins again; what was fetched enters the buffer only once its view is confirmed.
///
/// # Errors
/// Those of `beside`, `read` and the confirmation; [`WalError::Damaged`] and [`WalError::Newer`] for an entry that cannot be read (rows would be
/// missing: stop and look), [`WalError::TailTooLarge`], [`WalError::Storage`].
pub async fn refresh_ahead<S, E, B, F, C, V>(
    tail: &Tail<'_>,
    beside: B,
    mut read: F,
) -> Result<(Arc<S>, Vec<Listed>), E>
where
    S: Watermarks,
    E: From<WalError>,
    B: Future<Output = Result<(), E>>,
    F: FnMut() -> C,
    C: Future<Output = Result<(Arc<S>, V), E>>,
    V: Future<Output = Result<bool, E>>,
{
    // A future of its own, which another may run beside.
    let locate = async || Ok::<_, E>(tail.log.locate(tail.env, tail.layout).await?);
    let (mut located, ()) = futures::future::try_join(locate(), beside).await?;
    for round in 0..ROUNDS_MAX {
        if round > 0 {
            tail.env.sleep(ROUND_PAUSE).await;
            located = locate().await?;
        }
        let (mut view, mut confirm) = read().await?;
        let mut wanted = tail.wanted(&located, &*view);
        if has_thin(&wanted) {
            // Copies are made by what is known for sure, and then the view is read once more.
            if !confirm.await? {
                continue;
            }
            tail.repair(wanted?.as_deref().unwrap_or_default()).await?;
            (view, confirm) = read().await?;
            wanted = tail.wanted(&located, &*view);
        }
        let fetch = async {
            match wanted? {
                Some(wanted) => tail.fetch(&wanted).await,
                None => Ok(None),
            }
        };
        let (fetched, is_confirmed) = futures::future::join(fetch, confirm).await;
        if is_confirmed? && let Some(entries) = fetched? {
            entries.into_iter().for_each(|entry| tail.buffer.apply(Arc::new(entry)));
            return Ok((view, located.into_iter().map(|located| located.listed).collect()));
        }
    }
    Err(WalError::Restless.into())
}

/// Brings one acknowledged entry, and those before it in its stream, into the buffer, for a reader who knows where its own
/// write is: at most one GET for each (of each store where the log has replicas), and no LIST.
///
/// `true` when the entry is folded as of `view`, or in the buffer with all that comes before it: what the buffer has and
/// `view` has not folded holds the write. `false` when `view` is too old or the entry out of reach: an entry is gone or on
/// too few replicas, its generation is being sealed or is sealed, too much is missing, or it is in a local log or a memory
/// elsewhere. The caller catches up and asks again, or refreshes.
///
/// # Errors
/// As [`refresh`], of the entries that are missing.
pub async fn refresh_session(
    tail: &Tail<'_>,
    view: &impl Watermarks,
    source: Source,
    seq: Seq,
) -> Result<bool, WalError> {
    let Some(missing) = tail.buffer.missing(view, source, seq, SESSION_ENTRIES_MAX) else { return Ok(false) };
    if missing.is_empty() {
        return Ok(true);
    }
    let Source::Objects(stream) = source else { return Ok(false) };
    if view.generation(stream.generation) != GenerationState::Open {
        return Ok(false);
    }
    let mut bytes = 0;
    for group in missing.chunks(FETCHES_MAX) {
        let names: Vec<ObjectName> = group.iter().map(|seq| tail.layout.wal(stream, *seq)).collect();
        let bodies = try_join_all(names.iter().map(|name| tail.log.get(tail.env, name))).await?;
        bytes += bodies.iter().flatten().map(|body| body.len() as u64).sum::<u64>();
        tail.check_bytes(bytes)?;
        for (seq, body) in group.iter().zip(bodies) {
            let Some(body) = body else { return Ok(false) };
            tail.take(stream, *seq, &body)?;
        }
    }
    Ok(true)
}

/// Where the tail is and where it goes.
#[derive(Debug)]
pub struct Tail<'a> {
    /// The stores that hold the log.
    pub log: &'a LogStores,
    /// The database's names in them.
    pub layout: &'a DatabaseLayout,
    /// What this process already knows, and where the rest goes.
    pub buffer: &'a Buffer,
    /// For pauses.
    pub env: &'a Env,
    /// What may be fetched, in bytes of log objects.
    pub bytes_max: u64,
}

#[derive(Clone, Copy)]
struct Wanted {
    stream: StreamId,
    seq: Seq,
    bytes: u64,
    is_in_main: bool,
    is_durable: bool,
}

/// Whether too few replicas hold an entry that counts.
fn has_thin(wanted: &Result<Option<Vec<Wanted>>, WalError>) -> bool {
    matches!(wanted, Ok(Some(wanted)) if wanted.iter().any(|entry| !entry.is_durable))
}

impl Tail<'_> {
    /// The listed entries that count and are not here; `None` while a generation is being sealed, since showing its entries
    /// or hiding them could both be taken back.
    fn wanted(&self, located: &[Located], view: &impl Watermarks) -> Result<Option<Vec<Wanted>>, WalError> {
        let mut wanted = Vec::new();
        for object in located {
            let Some((stream, seq)) = self.layout.parse_wal(&object.listed.key) else { continue };
            let source = Source::Objects(stream);
            if seq < view.applied(&source) {
                continue;
            }
            match view.generation(stream.generation) {
                GenerationState::Open if self.buffer.contains(source, seq) => {}
                GenerationState::Open => {
                    let (bytes, is_in_main) = (object.listed.bytes, object.is_in_main);
                    wanted.push(Wanted { stream, seq, bytes, is_in_main, is_durable: self.log.is_durable(object) });
                }
                GenerationState::Sealing => return Ok(None),
                GenerationState::Sealed => {}
            }
        }
        self.check_bytes(wanted.iter().map(|entry| entry.bytes).sum())?;
        Ok(Some(wanted))
    }

    fn check_bytes(&self, bytes: u64) -> Result<(), WalError> {
        let bytes_max = self.bytes_max;
        if bytes > bytes_max { Err(WalError::TailTooLarge { bytes, bytes_max }) } else { Ok(()) }
    }

    /// Copies entries that are not durable to a majority of the replicas.
    async fn repair(&self, wanted: &[Wanted]) -> Result<(), WalError> {
        let thin: Vec<_> = wanted.iter().filter(|entry| !entry.is_durable).collect();
        for group in thin.chunks(FETCHES_MAX) {
            let names: Vec<_> = group.iter().map(|entry| self.layout.wal(entry.stream, entry.seq)).collect();
            try_join_all(names.iter().map(|name| self.log.settle(self.env, name))).await?;
        }
        Ok(())
    }

    /// Fetches entries; `None` where one is gone, so folded since.
    async fn fetch(&self, wanted: &[Wanted]) -> Result<Option<Vec<Entry>>, WalError> {
        let mut entries = Vec::with_capacity(wanted.len());
        for group in wanted.chunks(FETCHES_MAX) {
            let bodies = try_join_all(group.iter().map(|entry| self.fetch_one(entry))).await?;
            for (entry, body) in group.iter().zip(bodies) {
                let Some(body) = body else { return Ok(None) };
                entries.push(self.read(entry.stream, entry.seq, &body)?);
            }
        }
        Ok(Some(entries))
    }

    async fn fetch_one(&self, wanted: &Wanted) -> Result<Option<Bytes>, WalError> {
        let name = self.layout.wal(wanted.stream, wanted.seq);
        if wanted.is_in_main {
            return Ok(self.log.main().get(&name).await?);
        }
        match self.log.held(self.env, &name).await? {
            Held::Durable(body) => Ok(Some(body)),
            Held::Absent => Ok(None),
            // Two entries under one name hold each other below a majority; otherwise it is being deleted.
            Held::Thin(copies) if copies.are_split() => self.log.spread(self.env, &name, copies).await.map(|()| None),
            Held::Thin(_) => Ok(None),
        }
    }

    fn take(&self, stream: StreamId, seq: Seq, body: &[u8]) -> Result<(), WalError> {
        self.buffer.apply(Arc::new(self.read(stream, seq, body)?));
        Ok(())
    }

    fn read(&self, stream: StreamId, seq: Seq, body: &[u8]) -> Result<Entry, WalError> {
        let what = || self.layout.wal(stream, seq).to_string();
        let entry = entry::decode(body).map_err(|error| error.of(what(), 0))?;
        if entry.source != Source::Objects(stream) || entry.seq != seq {
            return Err(WalError::Damaged { what: what(), offset: 0, problem: "it holds another object's entry" });
        }
        Ok(entry)
    }
}

mod sealing;
pub use sealing::refresh_sealing;

#[cfg(test)]
mod tests;
