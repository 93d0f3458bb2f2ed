//! The catalog: datasets of Parquet under a prefix, counted and found by their words.
//!
//! A [`Scanner`] groups the Parquet files below a folder of any store into datasets, reads their footers, times and series
//! ids, and commits what it found into the store of a database: one *part* a dataset, an *index* of all parts that is
//! searched as it is, and a *head* that names the index and is replaced by compare-and-swap. A [`Catalog`] reads head and
//! index, keeps them, and answers. Nothing here is the only copy of anything: what is damaged or lost is scanned again.

mod build;
mod catalog;
mod chunk;
mod commit;
#[cfg(any(test, feature = "test-util"))]
pub mod decoders;
mod discover;
mod error;
mod estimate;
mod expand;
mod frame;
mod garbage;
mod guess;
mod head;
mod index;
mod measure;
mod options;
mod part;
mod patience;
mod postings;
mod progress;
mod query;
mod rank;
mod read;
mod record;
mod scan;
mod search;
mod series_id;
mod series_table;
mod sidecar;
mod words;

pub use catalog::Catalog;
pub use error::{CatalogError, DatasetError};
pub use frame::FORMAT_VERSION;
pub use garbage::{garbage, garbage_of};
pub use head::Head;
pub use options::{Sampling, ScanOptions};
pub use postings::Field;
pub use progress::{Cancel, Progress, Progressed};
pub use query::{Answer, Highlight, Hit, Kinds, Query, SeriesHit};
pub use record::{ColumnRecord, Dataset, DatasetRecord, Estimate, FileRecord, Interval, Mapping, TimeSpan};
pub use scan::{DatasetState, ScanSummary, Scanned, Scanner};
