//! The maintenance path: one verb each, one shot or in the background, on any process, any number at once.
//!
//! [`Folder::fold`] turns the tail of the log into segments and one commit. [`Compactor::compact`] and [`Tierer::tier`]
//! rewrite segments without changing an answer; [`Expirer::expire`] ends what has outlived its retention. [`Sealer`] ends
//! generations, so that what they left over can be told from what is on its way; [`gc`] is the only code that deletes objects
//! which a commit once needed.
//!
//! [`rollup`] keeps tables as aggregates of others.
//!
//! [`registered`] adds files of others, looks at them, and drops them again. [`delete`] hides rows, [`snapshot`] names a version and puts it back, [`backup`] copies a version to another store and
//! [`rebuild`] makes a database of the segments that are left.

mod age;
pub mod backup;
#[cfg(test)]
mod bench;
mod compact;
mod decide;
pub mod delete;
mod error;
mod expire;
mod fold;
mod fold_all;
pub mod gc;
#[cfg(test)]
mod others_bugs;
mod read;
#[cfg(test)]
mod read_back;
pub mod rebuild;
pub mod registered;
mod rewrite;
pub mod rollup;
mod seal;
#[cfg(test)]
mod seeds;
pub mod snapshot;
mod stage;
mod tier;

pub use compact::{CompactOptions, Compactor};
pub use error::MaintainError;
pub use expire::{ExpireSummary, Expirer, set_retention};
pub use fold::{FoldOutcome, FoldSummary, Folder, LocalFold};
pub use gc::{Collector, GcCount, GcKind, GcOptions, GcSummary};
pub use rewrite::RewriteSummary;
pub use seal::{SealOptions, SealSummary, Sealer};
pub use tier::{TierOptions, Tierer};

/// What a compaction did.
pub type CompactSummary = RewriteSummary;
/// What a tiering did.
pub type TierSummary = RewriteSummary;
