//! How patient a store is.

use std::time::Duration;

/// How long a store waits and how often it tries again; the defaults suit S3 from within its region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// How long a create or a replace may take until its outcome is known; then it is reported as unknown. 30 s.
    pub settle_timeout: Duration,
    /// How long one attempt of a create or a replace, or of the read that settles it, may take. 10 s.
    pub attempt_timeout: Duration,
    /// How long any other request may take, its body included. 2 min.
    pub request_timeout: Duration,
    /// How long a connection may take to open. 5 s.
    pub connect_timeout: Duration,
    /// How often a read, a listing, a delete or an unconditional put is tried again. 8 times.
    pub retries_max: usize,
    /// How long after the first attempt of such a request none is begun any more. 1 min.
    pub retry_timeout: Duration,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            settle_timeout: Duration::from_secs(30),
            attempt_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(120),
            connect_timeout: Duration::from_secs(5),
            retries_max: 8,
            retry_timeout: Duration::from_secs(60),
        }
    }
}
