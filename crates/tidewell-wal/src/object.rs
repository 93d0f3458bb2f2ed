//! The log as objects in the store: one create-only object for each group of writes.

use bytes::Bytes;
use tidewell_storage::{Created, DatabaseLayout, ObjectName, Store};
use tidewell_types::{Seq, StreamId, WriteId};

use crate::error::WalError;

/// Creates the object of one entry; one PUT, more while the store is unclear. Durable when this returns, but not to be
/// acknowledged before the caller has checked that the stream's generation is still open: a folder that sealed it in the
/// meantime may have listed the stream before this object was there.
///
/// # Errors
/// [`WalError::IdentityTaken`] when the place holds another's entry, and [`WalError::Storage`]. After any error the caller
/// goes on under a new writer identity: the place may or may not be filled, and a gap would hide what follows.
pub async fn append(
    store: &Store,
    layout: &DatabaseLayout,
    stream: StreamId,
    seq: Seq,
    body: Bytes,
    write_id: WriteId,
) -> Result<(), WalError> {
    create(store, &layout.wal(stream, seq), body, write_id).await
}

pub(crate) async fn create(store: &Store, name: &ObjectName, body: Bytes, write_id: WriteId) -> Result<(), WalError> {
    match store.create(name, body, write_id).await? {
        Created::Mine => Ok(()),
        Created::Other(_) => Err(WalError::IdentityTaken { name: name.to_string() }),
    }
}
