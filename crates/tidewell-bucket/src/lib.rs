//! The bucket itself: made, wired to events, and checked for rules that would hurt, by the AWS SDK.
//!
//! The only user of `aws-sdk-s3`, for what `object_store` does not reach: the settings of a bucket, not its objects. It knows
//! where Tidewell's objects lie by the names of `tidewell-storage`, reads the same `AWS_*` variables, and never reads, writes
//! or deletes an object. Judging is pure ([`Finding`]s from what the server answered); only [`BucketAdmin`] asks.

mod access;
mod admin;
mod check;
mod connect;
mod encryption;
mod error;
mod finding;
mod ground;
mod init;
mod lifecycle;
mod notification;
mod reach;
mod refusal;
mod replication;
#[cfg(test)]
mod tests;
mod variables;
mod versioning;

pub use admin::BucketAdmin;
pub use check::CheckOptions;
pub use error::BucketError;
pub use finding::{Aspect, Finding, Severity};
pub use init::{InitOptions, InitReport, Step, StepState};
pub use notification::{Notify, NotifyTarget};
