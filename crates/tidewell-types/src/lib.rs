//! The words of Tidewell: times, ids, schemas and batches. No IO, no async, no clock.
//!
//! Every other crate speaks in these types, so a number never travels without its unit and an id never without its kind.

mod batch;
mod id;
mod name;
mod schema;
mod stamp;
mod time;
mod watermark;

pub use batch::{Batch, TableRows};
pub use id::{
    Generation, IdParseError, NodeId, SegmentId, Seq, Source, StoreId, StreamId, TokenId, Version, WriteId, WriterId,
};
pub use name::{DATABASE_NAME_BYTES_MAX, DatabaseName, NameError, TABLE_NAME_BYTES_MAX, TableName};
pub use schema::{ColumnKind, FieldType, SchemaError, TIME_COLUMN, TableSchema, tag_data_type, time_data_type};
pub use stamp::Stamp;
pub use time::{TimeBounds, TimestampNs};
pub use watermark::{GenerationState, Watermarks};
