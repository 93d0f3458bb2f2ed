//! The durable log of batches: local files or objects, and the tail that readers see of it.
//!
//! A row is durable once its frame is fsynced ([`LocalLog`]) or its object exists and the ack's re-check passed
//! ([`LogStores::append`]). What is in the log and in no segment yet is the tail ([`tail::refresh`]).

mod ack;
pub mod entry;
mod error;
mod local;
mod log_stores;
pub mod object;
pub mod tail;

pub use ack::{AckLevel, AckLevelError};
pub use error::WalError;
pub use local::{LocalLog, LogFolder, bind, read_folder, store_of};
pub use log_stores::{LogStores, LogTarget};
