//! The maintenance path: one verb each, one shot or in the background, on any process, any number at once.
//!
//! [`Folder::fold`] turns the tail of the log into segments and one commit; [`gc::folded_entries`] is the only code that
//! deletes objects which a commit once needed.

mod error;
mod fold;
pub mod gc;
mod stage;
mod window;

pub use error::MaintainError;
pub use fold::{FoldOutcome, FoldSummary, Folder, LocalFold};
