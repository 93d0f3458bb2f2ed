//! What can go wrong with the log, by what the caller does next.

use std::path::PathBuf;

use tidewell_storage::StorageError;

/// Why the log could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum WalError {
    /// The store did not answer as it should; for an append the outcome may be unknown ([`StorageError::Unknown`]).
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The disk refused. After a failed write or fsync the log takes nothing more: restart the process.
    #[error("local log {path}: {action}: {source}")]
    Disk {
        /// The file or folder.
        path: PathBuf,
        /// What was being done.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// An earlier write or fsync failed, so that what is on the disk is not known; restart the process.
    #[error("local log {path} failed earlier and takes nothing more: look at the disk, then restart")]
    Poisoned {
        /// The folder.
        path: PathBuf,
    },
    /// Another process has the folder.
    #[error("local log {path} belongs to a running process: stop it, or ask it over HTTP")]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds another store's log; nothing was changed.
    #[error(
        "local log {path} belongs to store {bound} and this is store {wanted}: give each store a log folder of its own (--wal-dir)"
    )]
    OtherStore {
        /// The folder.
        path: PathBuf,
        /// The store it belongs to.
        bound: String,
        /// The store that was to use it.
        wanted: String,
    },
    /// Bytes that were durable are damaged: stop and look, nothing was changed.
    #[error(
        "{what} is damaged at byte {offset}: {problem}; restore it from a copy, or move it away to go on without its rows"
    )]
    Damaged {
        /// The file or object.
        what: String,
        /// Where the damage starts.
        offset: u64,
        /// What is wrong.
        problem: &'static str,
    },
    /// Written by a newer Tidewell.
    #[error("{what} is written in format {found}, and this Tidewell knows up to {known}: upgrade it")]
    Newer {
        /// The file or object.
        what: String,
        /// The version found.
        found: u16,
        /// The newest that this code reads.
        known: u16,
    },
    /// Two processes use one writer identity (a copied machine or folder); nothing was acknowledged, take a new identity.
    #[error("another process writes under our identity: {name} exists with other content")]
    IdentityTaken {
        /// The object that was in the way.
        name: String,
    },
    /// The entry is in the log, but whether it counts could not be checked: the outcome is unknown.
    #[error("the entry is logged but could not be checked: {reason}")]
    Unchecked {
        /// Why not.
        reason: String,
    },
    /// The log of writes that are not folded is larger than this process may hold.
    #[error(
        "{bytes} bytes of writes wait to be folded and {bytes_max} fit in memory: run `tidewell fold`, or raise the buffer limit"
    )]
    TailTooLarge {
        /// What waits.
        bytes: u64,
        /// What fits.
        bytes_max: u64,
    },
    /// The log moved under every attempt to read it; try again.
    #[error("entries of the log keep moving while they are read, or a generation stays half sealed: try again")]
    Restless,
    /// The rows could not be put into the log's form.
    #[error("rows of table {table} do not fit the log: {source}")]
    Encode {
        /// The table.
        table: String,
        /// What Arrow said.
        source: arrow_schema::ArrowError,
    },
}
