//! The committed view of a database: numbered, create-only commits; checkpoints; the floor.
//!
//! A state is what a chain of records adds up to. Any process may read the chain or extend it; a record is created under
//! the next number and only one process can be the one that did. [`Manifest::commit`] is the only place where data becomes
//! visible.

mod apply;
mod catch_up;
mod checkpoint;
mod commit;
mod entry;
mod error;
mod floor;
mod frame;
#[cfg(feature = "test-util")]
pub mod inspect;
mod intent;
mod manifest;
mod message;
mod part;
mod record;
#[cfg(test)]
mod sample;
mod state;

pub use entry::{SegmentEntry, TagBounds};
pub use error::{CommitError, DecodeError, ManifestError, Refusal};
pub use frame::FORMAT_VERSION;
pub use intent::{Attach, Author, Fold, Intent};
pub use manifest::Manifest;
pub use state::{NodeState, State, TableState};
