//! What tests against the real thing need: a server process, a function, a bucket, the public corpora.
//!
//! A development crate: it panics where a test could not go on, and says why.

mod binary;
mod bucket;
mod corpus;
mod deadline;
mod http;
pub mod lambda;
mod minio;
mod s3;
mod server;

pub use binary::binary;
pub use corpus::Corpus;
pub use http::Reply;
pub use s3::S3;
pub use server::{ServerFlags, TestServer};
