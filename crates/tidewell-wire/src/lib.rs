//! Answers as bytes: JSON, JSON lines, CSV, Parquet and tables a person can read.
//!
//! An [`Encoder`] takes the record batches of an answer one at a time and hands back bytes, so a reply of any length
//! costs the memory of one batch. [`PointsEncoder`] writes the rows of the JSON query API. A [`ParquetCrew`] makes one
//! Parquet file on several threads. No IO.

mod cell;
mod csv;
mod encoder;
mod format;
mod json;
mod json_text;
mod parquet;
mod parquet_crew;
mod partition;
mod points;
mod pretty;
mod time_text;

pub use encoder::{EncodeError, Encoder, pieces};
pub use format::{Format, UnknownFormat};
pub use json_text::json_string;
pub use parquet_crew::ParquetCrew;
pub use partition::{PartitionBy, PartitionError, Partitioner};
pub use points::{PointsEncoder, PointsParts, PointsTooLarge};
pub use pretty::{PRETTY_CELL_CHARS_MAX, PRETTY_ROWS_MAX};
pub use time_text::rfc3339_ns;

pub use arrow_array::RecordBatch;
pub use arrow_schema::SchemaRef;
pub use tidewell_segment::{ExportCompression, ExportOptions};
