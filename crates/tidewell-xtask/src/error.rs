//! Why the checks could not run at all.

use std::io;
use std::path::PathBuf;

/// The tree could not be looked at; nothing is known about the rules.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TidyError {
    /// A file or folder could not be read: fix its permissions or encoding (UTF-8) and run again.
    #[error("read {}: {source}", path.display())]
    Read {
        /// What was being read.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// `cargo metadata` did not answer: run it by hand and fix the manifest it complains about.
    #[error("run cargo metadata: {0}")]
    Metadata(String),
}
