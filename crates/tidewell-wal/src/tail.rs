//! The tail of the log in the store: what every writer has appended and no commit has folded.

use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use tidewell_buffer::{Buffer, Entry};
use tidewell_env::Env;
use tidewell_storage::{DatabaseLayout, Listed, Store};
use tidewell_types::{GenerationState, Seq, Source, StreamId, Watermarks};

use crate::entry;
use crate::error::WalError;

/// Entries fetched at once.
const FETCHES_MAX: usize = 16;
/// How often a refresh starts over because entries were folded under it or a generation is being sealed.
const ROUNDS_MAX: u32 = 100;
const ROUND_PAUSE: Duration = Duration::from_millis(20);

/// Brings the buffer up to the store's log and returns the committed view that it fits.
///
/// Holds every entry that was acknowledged before the call: the log is listed first and the view read second, since an
/// entry that leaves the log has entered a segment by then, while the reverse order would miss it. Requests: one LIST, what
/// `catch_up` makes, and one GET for each entry that is new here.
///
/// # Errors
/// `catch_up`'s errors; [`WalError::Damaged`] and [`WalError::Newer`] for an entry that cannot be read (rows would be
/// missing: stop and look), [`WalError::TailTooLarge`], [`WalError::Storage`].
pub async fn refresh<S, E, F, C>(tail: &Tail<'_>, mut catch_up: F) -> Result<(Arc<S>, Vec<Listed>), E>
where
    S: Watermarks,
    E: From<WalError>,
    F: FnMut() -> C,
    C: Future<Output = Result<Arc<S>, E>>,
{
    for _ in 0..ROUNDS_MAX {
        let listed = tail.store.list(&tail.layout.wal_prefix()).await.map_err(WalError::from)?;
        let view = catch_up().await?;
        let wanted = tail.wanted(&listed, &*view);
        if let Some(wanted) = wanted
            && tail.fetch(&wanted).await?
        {
            return Ok((view, listed));
        }
        tail.env.sleep(ROUND_PAUSE).await;
    }
    Err(WalError::Restless.into())
}

/// Where the tail is and where it goes.
#[derive(Debug)]
pub struct Tail<'a> {
    /// The store that holds the log.
    pub store: &'a Store,
    /// The database's names in it.
    pub layout: &'a DatabaseLayout,
    /// What this process already knows, and where the rest goes.
    pub buffer: &'a Buffer,
    /// For pauses.
    pub env: &'a Env,
    /// What may be fetched, in bytes of log objects.
    pub bytes_max: u64,
}

struct Wanted {
    stream: StreamId,
    seq: Seq,
    bytes: u64,
}

impl Tail<'_> {
    /// The listed entries that count and are not here; `None` while a generation is being sealed, since showing its entries
    /// or hiding them could both be taken back.
    fn wanted(&self, listed: &[Listed], view: &impl Watermarks) -> Option<Vec<Wanted>> {
        let mut wanted = Vec::new();
        for object in listed {
            let Some((stream, seq)) = self.layout.parse_wal(&object.key) else { continue };
            let source = Source::Objects(stream);
            if seq < view.applied(&source) {
                continue;
            }
            match view.generation(stream.generation) {
                GenerationState::Open if self.buffer.contains(source, seq) => {}
                GenerationState::Open => wanted.push(Wanted { stream, seq, bytes: object.bytes }),
                GenerationState::Sealing => return None,
                GenerationState::Sealed => {}
            }
        }
        Some(wanted)
    }

    /// Fetches entries into the buffer; `false` where one is gone, so folded since.
    async fn fetch(&self, wanted: &[Wanted]) -> Result<bool, WalError> {
        let bytes = wanted.iter().map(|entry| entry.bytes).sum();
        if bytes > self.bytes_max {
            return Err(WalError::TailTooLarge { bytes, bytes_max: self.bytes_max });
        }
        for group in wanted.chunks(FETCHES_MAX) {
            let entries = try_join_all(group.iter().map(|entry| self.fetch_one(entry))).await?;
            for entry in entries {
                let Some(entry) = entry else { return Ok(false) };
                self.buffer.apply(Arc::new(entry));
            }
        }
        Ok(true)
    }

    async fn fetch_one(&self, wanted: &Wanted) -> Result<Option<Entry>, WalError> {
        let name = self.layout.wal(wanted.stream, wanted.seq);
        let Some(bytes) = self.store.get(&name).await? else { return Ok(None) };
        let entry = entry::decode(&bytes).map_err(|error| error.of(name.to_string(), 0))?;
        if entry.source != Source::Objects(wanted.stream) || entry.seq != wanted.seq {
            let what = name.to_string();
            return Err(WalError::Damaged { what, offset: 0, problem: "it holds another object's entry" });
        }
        Ok(Some(entry))
    }
}

#[cfg(test)]
mod tests;
