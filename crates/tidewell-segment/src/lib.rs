//! Plain Parquet segments: sort, merge, encode, decode, prune. No IO, no async, no clock.
//!
//! A segment is one immutable Parquet file with the rows of one table, sorted by the table's tags (in the order of
//! [`TableSchema::tags`](tidewell_types::TableSchema::tags), NULL first) and then by time, one row an identity. Its bytes
//! are described in `docs/formats/segment.md`.
//!
//! * [`sort_rows`] turns rows in write order into what a segment holds; [`Merger`] does the same for runs that are already
//!   sorted, in bounded memory.
//! * [`encode`] makes the file and its [`SegmentStats`].
//! * [`Footer`] reads a file's tail and says which row groups a query needs; [`SegmentDecoder`] decodes them.
//! * [`foreign`] reads Parquet files of others as rows of time, tags and fields.
//!
//! Everything that reads bytes is total: damaged or hostile bytes give [`SegmentError::Corrupt`].

mod assemble;
mod bound;
mod checksums;
mod conform;
mod decode;
mod dictionary;
mod encode;
mod error;
mod export;
mod float_encoding;
mod footer;
mod footer_check;
pub mod foreign;
mod hide;
mod merge;
mod merge_key;
mod merge_run;
mod metadata;
mod page_check;
mod panic_guard;
mod properties;
mod prune;
mod restate;
mod series_code;
mod sort;
mod stats;
mod thrift_walk;

#[cfg(test)]
mod sample;

#[cfg(any(test, feature = "test-util"))]
pub use checksums::restamp;
pub use conform::conform;
pub use decode::{DecodeStep, SegmentDecoder};
pub use encode::{EncodeOptions, EncodedSegment, Tier, encode};
pub use error::SegmentError;
pub use export::{ExportCompression, ExportError, ExportOptions, ParquetExport};
pub use footer::Footer;
pub use hide::{Hidden, visible};
pub use merge::{MergeStep, Merger};
pub use merge_key::MergeKey;
pub use metadata::{FORMAT_VERSION, SegmentMetadata};
pub use prune::RowGroup;
pub use sort::sort_rows;
pub use stats::{SegmentStats, TagStats};
