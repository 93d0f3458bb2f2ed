//! The committed view of a database: numbered, create-only commits; checkpoints; the floor.
//!
//! A state is what a chain of records adds up to. Any process may read the chain or extend it; a record is created under
//! the next number and only one process can be the one that did. [`Manifest::commit`] is the only place where data becomes
//! visible.

mod activity;
mod ahead;
mod apply;
mod basis;
mod catch_up;
mod checkpoint;
mod commit;
#[cfg(feature = "test-util")]
pub mod decoders;
mod entry;
mod error;
mod floor;
mod foreign;
mod frame;
#[cfg(feature = "test-util")]
pub mod inspect;
mod intent;
mod leaf;
mod lists;
mod load;
mod locate;
mod manifest;
mod message;
mod part;
mod plant;
mod rebase;
mod record;
mod register;
mod registered_file;
mod registration;
mod removal;
mod rollup;
mod rollup_part;
#[cfg(test)]
mod sample;
mod segments;
mod select;
mod snapshot;
mod spill;
mod state;
mod table_part;
mod tombstone;
mod watermarks;
mod weigh;

pub use activity::Activity;
pub use ahead::{Look, Unconfirmed};
pub use basis::Basis;
pub use entry::{SegmentEntry, TagBounds};
pub use error::{CommitError, DecodeError, ManifestError, Refusal};
pub use foreign::{Checked, ForeignFile};
pub use frame::FORMAT_VERSION;
pub use intent::{Attach, Author, Fold, GenerationChange, Intent};
pub use manifest::Manifest;
pub use plant::PlantError;
pub use registered_file::{FileError, FileLook, FileRows, RegisteredFile};
pub use registration::{Candidate, Facts, REGISTERED_MAX};
pub use removal::{Home, Removal};
pub use rollup::{
    Aggregate, AggregateError, DirtySpan, DirtySpans, ROLLUP_INTERVAL_MS_MAX, ROLLUP_INTERVAL_MS_MIN, ROLLUPS_MAX,
    Rollup, RollupChange, RollupDefinition, RollupStep, check_rollup_name,
};
pub use segments::{LeafRef, SegmentTotals, Segments};
pub use select::LiveSegment;
pub use snapshot::{CheckpointRef, Grave, Restore, Snapshot};
pub use state::{GenerationEntry, NodeState, State, TOKENS_MANY, TOKENS_MAX, TableState};
pub use tombstone::{TagMatch, Tombstone};
