//! The real `bootstrap` through the Lambda runtime interface emulator, on a real S3: by scenario.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::print_stdout, missing_docs)]

mod answers;
mod cloud;
mod cold_start;
mod crowd;
mod errors;
mod files;
mod kill;
mod maintenance;
mod queue;
mod url;
