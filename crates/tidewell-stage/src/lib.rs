//! Rows to segments in the store, before any commit knows of them.
//!
//! [`split`] divides rows into windows of time, so that segments of one window never reach into the next; [`Stager`] names
//! segments under one generation and puts them. Nothing here makes a row count: that is a commit's part. What is staged and
//! never committed is garbage of its generation.

mod error;
mod stager;
mod window;

pub use error::StageError;
pub use stager::{Place, Staged, Stager};
pub use window::{WIDTHS_NS, Window, split, window_of, window_time};
