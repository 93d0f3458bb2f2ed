//! Requests that come together: the first of them that could be logged waits for the others, so that they share log objects.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::select;
use tidewell_env::Env;
use tokio::sync::Notify;

/// How long a request waits for the others: some may have columns to commit first.
const WAIT_MAX: Duration = Duration::from_secs(5);

#[derive(Debug)]
struct Announced {
    left: AtomicUsize,
    all_arrived: Notify,
}

/// One of several requests that come together. It has arrived when this is dropped: as it waits to be logged, or as it is not
/// to be logged at all.
#[derive(Debug)]
pub struct Arrival(Arc<Announced>);

impl Arrival {
    /// One for each of so many requests.
    #[must_use]
    pub fn of(count: usize) -> Vec<Self> {
        let announced = Arc::new(Announced { left: AtomicUsize::new(count), all_arrived: Notify::new() });
        (0..count).map(|_| Self(Arc::clone(&announced))).collect()
    }

    pub(crate) fn others(&self) -> Others {
        Others(Arc::clone(&self.0))
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        if self.0.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.all_arrived.notify_waiters();
        }
    }
}

/// The requests that one came with.
#[derive(Debug)]
pub(crate) struct Others(Arc<Announced>);

impl Others {
    /// Waits until all have arrived, five seconds at most.
    pub(crate) async fn wait(&self, env: &Env) {
        let mut all_arrived = std::pin::pin!(self.0.all_arrived.notified());
        // Before the look, lest the last arrives in between.
        all_arrived.as_mut().enable();
        if self.0.left.load(Ordering::Acquire) > 0 {
            select(all_arrived, std::pin::pin!(env.sleep(WAIT_MAX))).await;
        }
    }
}

#[cfg(test)]
mod tests;
