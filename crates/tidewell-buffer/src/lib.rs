//! Recent rows in memory, and the snapshots that readers and folds take of them.
//!
//! The buffer holds WAL entries, this process's own and those of others that it has read, until a commit says that they are
//! folded. It decides nothing: which entries count is the committed view's word ([`tidewell_types::Watermarks`]).

mod buffer;
mod entry;
mod once;

pub use buffer::{Buffer, Totals};
pub use entry::{Entry, EntryToken, RowSpan};
