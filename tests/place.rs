//! Where a scenario keeps its store: a local folder or a bucket.

use std::path::Path;

use tempfile::TempDir;
use tidewell_testkit::{S3, ServerFlags, TestServer};

/// A store that several servers, one after another or at once, are started on.
pub(crate) struct Place {
    folder: TempDir,
    s3: Option<S3>,
}

impl Place {
    /// A fresh folder.
    pub(crate) fn folder() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), s3: None }
    }

    /// A fresh prefix of a bucket; `None`, said aloud, where there is no S3.
    pub(crate) fn s3() -> Option<Self> {
        let s3 = S3::start_or_skip()?;
        Some(Self { s3: Some(s3), ..Self::folder() })
    }

    /// The working folder of its servers.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The store, as flags name it.
    pub(crate) fn store(&self) -> String {
        match &self.s3 {
            Some(s3) => s3.store_url(),
            None => self.path().join("data/store").display().to_string(),
        }
    }

    /// Variables that its processes need.
    pub(crate) fn variables(&self) -> Vec<(String, String)> {
        self.s3.as_ref().map(S3::variables).unwrap_or_default()
    }

    /// Starts a server with its own log folder, named `name`.
    pub(crate) fn serve(&self, name: &str, flags: ServerFlags) -> TestServer {
        let flags = match &self.s3 {
            Some(s3) => flags.s3(s3),
            None => flags.flag("--store", self.store()),
        };
        TestServer::start_in(self.path(), &flags.flag("--wal-dir", self.path().join(name).display()))
    }
}
