//! Tries requests again that a store throttles.

use std::future::Future;
use std::time::Duration;

use tidewell_env::Env;
use tidewell_storage::StorageError;

use crate::options::ScanOptions;
use crate::progress::{Cancel, Progress};

const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Tries again what may succeed later, with growing random pauses.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    pub(crate) env: Env,
    pub(crate) progress: Progress,
    pub(crate) cancel: Cancel,
    retries_max: u32,
    pause: Duration,
}

impl Patience {
    pub(crate) fn new(env: Env, options: &ScanOptions, progress: &Progress, cancel: &Cancel) -> Self {
        let (progress, cancel) = (progress.clone(), cancel.clone());
        Self { env, progress, cancel, retries_max: options.retries_max, pause: options.retry_pause }
    }

    /// Makes a request until it succeeds, fails for good or was tried often enough.
    pub(crate) async fn request<T, F>(&self, mut request: impl FnMut() -> F) -> Result<T, StorageError>
    where
        F: Future<Output = Result<T, StorageError>>,
    {
        let mut retries = 0;
        loop {
            match request().await {
                Err(error) if error.is_transient() && retries < self.retries_max && !self.cancel.is_cancelled() => {
                    self.progress.retries(1);
                    let bound = self.pause.saturating_mul(1 << retries.min(16)).min(PAUSE_MAX);
                    // Half of it for sure: a store that throttles wants to be left alone.
                    self.env.sleep(bound / 2 + self.env.jitter(bound / 2)).await;
                    retries += 1;
                }
                answer => return answer,
            }
        }
    }
}
