//! Creates an object, and finds out who did.

use bytes::Bytes;
use tidewell_types::WriteId;

use crate::backend::{Attempt, Condition, Fetched, Operation, Patience};
use crate::error::StorageError;
use crate::settle::Settling;
use crate::store::Store;

/// How a create ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// The object holds this write's body.
    Mine,
    /// Another write was first; its body.
    Other(Bytes),
}

/// Puts the body where nothing is until it is known what is there.
///
/// A refusal may come from an earlier attempt of this very write, so what is there decides. Nothing there is no failure
/// either: an attempt may still be on its way, and only the same body at the same key can neither clash with it nor be lost.
/// Where an attempt may have been applied, another's body is believed when it is read twice: this write's own may arrive damaged.
pub(crate) async fn settle(store: &Store, key: &str, body: &Bytes, write_id: WriteId) -> Result<Created, StorageError> {
    let (backend, meter) = (store.backend_ref(), store.meter());
    let mut settling = Settling::new(store, Operation::Create, key);
    let mut foreign = None;
    loop {
        let put = backend.put_if(key, body.clone(), &Condition::Absent, Some(write_id), meter);
        let may_be_there = match settling.attempt(put).await {
            Ok(Attempt::Done(_)) => return Ok(Created::Mine),
            Ok(Attempt::Refused | Attempt::Conflict) => true,
            Err(failure) => {
                settling.write_failed(failure)?;
                settling.is_unclear()
            }
        };
        if may_be_there {
            match settling.attempt(backend.get(key, None, Patience::Once, meter)).await {
                Ok(Fetched::Found { body: found, .. }) if found == *body => return Ok(Created::Mine),
                Ok(Fetched::Found { body: found, .. }) => {
                    if !settling.is_unclear() || foreign.as_ref() == Some(&found) {
                        return Ok(Created::Other(found));
                    }
                    foreign = Some(found);
                }
                Ok(Fetched::Missing | Fetched::Unchanged) => {}
                Err(failure) => settling.read_failed(failure)?,
            }
        }
        settling.pause().await?;
    }
}
