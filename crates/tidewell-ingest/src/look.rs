//! What other processes have committed, looked up now and then for the sake of writes.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tidewell_buffer::Buffer;
use tidewell_env::Env;
use tidewell_manifest::Manifest;

/// Knows how old this process's view is, and renews it.
#[derive(Debug)]
pub(crate) struct Look {
    manifest: Manifest,
    buffer: Arc<Buffer>,
    env: Env,
    /// When the view was last known to be new.
    looked: Mutex<Duration>,
}

impl Look {
    pub(crate) fn new(manifest: Manifest, buffer: Arc<Buffer>, env: Env) -> Self {
        let looked = Mutex::new(env.monotonic());
        Self { manifest, buffer, env, looked }
    }

    /// Reads the view anew if it is older, and lets go of what it says is folded: a process in which no fold runs would keep
    /// it for ever. Two GETs where it is older, else none.
    pub(crate) async fn renew(&self, age_max: Duration) {
        let now = self.env.monotonic();
        {
            let mut looked = self.looked.lock();
            if now.saturating_sub(*looked) <= age_max {
                return;
            }
            *looked = now;
        }
        match self.manifest.catch_up().await {
            Ok(state) => self.buffer.retire(&*state),
            // An older view is safe, and a local log needs no store.
            Err(error) => tracing::debug!(%error, "the view is not read anew for a write"),
        }
    }
}
