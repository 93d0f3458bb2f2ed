//! The bucket: object names, settled writes, request counters, the capability probe.
//!
//! The only user of `object_store`, and the only place that prints or parses object names. A [`Store`] is a bucket with a
//! prefix (`s3://`), a folder (`file://`) or a map in memory (`memory://`), and behaves alike on all three: creates and
//! compare-and-swaps are atomic, listings are strongly consistent, and a write whose outcome is unknown is never reported
//! as a failure.

mod backend;
#[cfg(feature = "test-util")]
mod conformance;
mod create;
mod error;
#[cfg(feature = "test-util")]
mod faulty;
mod file_url;
mod foreign_stores;
mod format;
mod local;
mod location;
mod memory;
mod meter;
mod names;
mod options;
mod presign;
mod probe;
mod ranges;
mod replace;
mod s3;
mod settle;
mod store;
mod upload;

pub use backend::{Listed, Media, Operation, Pin, Tag};
#[cfg(feature = "test-util")]
pub use conformance::conformance;
pub use create::Created;
pub use error::{Place, StorageError};
#[cfg(feature = "test-util")]
pub use faulty::{Attempted, Did, Effect, Fault, Journey, Network};
pub use file_url::FileUrl;
pub use foreign_stores::ForeignStores;
#[cfg(feature = "test-util")]
pub use format::read_format;
pub use format::{FORMAT_VERSION, StoreFormat};
pub use location::{LocationError, StoreUrl};
pub use meter::{Meter, RequestKind, Usage};
pub use names::{
    CatalogIndexName, CatalogPartName, DatabaseLayout, ObjectName, Prefix, SegmentName, TABLE_FOLDER_CHARS_MAX, Tier,
    parse_database_folder, parse_generation_folder, table_folder,
};
pub use options::StoreOptions;
pub use probe::{Check, Finding, ProbeReport, Verdict, probe};
pub use replace::{Replaced, Revalidated};
pub use store::Store;
pub use upload::Upload;
