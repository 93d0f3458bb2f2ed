//! Replaces an object by compare-and-swap, and finds out whether it did.

use bytes::Bytes;

use crate::backend::{Attempt, Condition, Failure, FailureKind, Fetched, Operation, Patience, Tag};
use crate::error::StorageError;
use crate::settle::Settling;
use crate::store::Store;

/// What a conditional read found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Revalidated {
    /// No object.
    Missing,
    /// The content that the caller knows.
    Unchanged,
    /// Another content.
    Found {
        /// The content.
        body: Bytes,
        /// Its tag, for the next read or for a replace.
        tag: Tag,
    },
}

impl Revalidated {
    pub(crate) fn from_fetched(fetched: Fetched) -> Result<Self, Failure> {
        match fetched {
            Fetched::Missing => Ok(Self::Missing),
            Fetched::Unchanged => Ok(Self::Unchanged),
            Fetched::Found { body, tag: Some(tag) } => Ok(Self::Found { body, tag }),
            Fetched::Found { tag: None, .. } => {
                Err(Failure::before(FailureKind::Unsupported, "the store gives its objects no entity tags"))
            }
        }
    }
}

/// How a replace ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replaced {
    /// The object holds these bytes, with this tag. Where another wrote the very same bytes meanwhile, this may be said to
    /// both.
    Done(Tag),
    /// Another content than the expected is there. After an unclear attempt, these bytes may have been there in between.
    Changed,
}

/// What a look at the object says about a write that may have been applied.
enum Look {
    Settled(Replaced),
    Again,
}

fn judge(fetched: Fetched, body: &Bytes, expected: Option<&Tag>) -> Result<Look, Failure> {
    Ok(match (Revalidated::from_fetched(fetched)?, expected) {
        (Revalidated::Found { body: found, tag }, _) if found == *body => Look::Settled(Replaced::Done(tag)),
        (Revalidated::Found { tag, .. }, Some(expected)) if tag == *expected => Look::Again,
        (Revalidated::Missing, None) => Look::Again,
        _ => Look::Settled(Replaced::Changed),
    })
}

/// Puts the body over the expected content until it is known whether that succeeded.
pub(crate) async fn settle(
    store: &Store,
    key: &str,
    body: &Bytes,
    expected: Option<Tag>,
) -> Result<Replaced, StorageError> {
    let (backend, meter) = (store.backend_ref(), store.meter());
    let condition = expected.clone().map_or(Condition::Absent, Condition::Current);
    let mut settling = Settling::new(store, Operation::Replace, key);
    loop {
        let may_be_there = match settling.attempt(backend.put_if(key, body.clone(), &condition, None, meter)).await {
            Ok(Attempt::Done(Some(tag))) => return Ok(Replaced::Done(tag)),
            Ok(Attempt::Done(None)) => true,
            Ok(Attempt::Refused) if !settling.is_unclear() => return Ok(Replaced::Changed),
            Ok(Attempt::Refused | Attempt::Conflict) => settling.is_unclear(),
            Err(failure) => {
                settling.write_failed(failure)?;
                settling.is_unclear()
            }
        };
        if may_be_there {
            let found = settling.attempt(backend.get(key, None, Patience::Once, meter)).await;
            match found.and_then(|fetched| judge(fetched, body, expected.as_ref())) {
                Ok(Look::Settled(outcome)) => return Ok(outcome),
                Ok(Look::Again) => {}
                Err(failure) => settling.read_failed(failure)?,
            }
        }
        settling.pause().await?;
    }
}
