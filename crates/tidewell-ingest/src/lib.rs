//! The write path: `parse → admit → schema commit (only for new columns) → wal::append → buffer::apply → ack`.
//!
//! A write is acknowledged at its [`AckLevel`](tidewell_wal::AckLevel) and no earlier, and it is in the buffer by then, so
//! that this process reads its own writes. Requests with one idempotency key count once, whichever processes took them.

mod admit;
mod admit_rows;
mod columns;
mod combine;
mod cost;
mod duplicate;
mod error;
mod group;
mod key;
mod lane;
mod local_lane;
mod look;
mod memory_lane;
mod object_lane;
mod reject;
mod schema;
mod stamps;
mod together;
mod token;
mod write;

pub use admit::{AdmitLimits, Admitted, admit};
pub use cost::WriteCost;
pub use error::IngestError;
pub use key::token_of_key;
pub use local_lane::SharedLog;
pub use reject::{RejectedLine, Rejections};
pub use together::Arrival;
pub use token::{SessionToken, SessionTokenError};
pub use write::{Ingest, IngestConfig, RowsRequest, WriteOutcome, WriteRequest};
