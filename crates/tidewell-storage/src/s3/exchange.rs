//! What one call of the client sent over the wire and was answered, beside what the client makes of it.

use std::future::Future;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::meter::Meter;

/// How the last request of a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// No request got as far as the network.
    Unsent,
    /// No connection came about.
    NoConnection,
    /// It was sent and not answered.
    Unanswered,
    /// It was answered with an HTTP status.
    Status(u16),
}

#[derive(Debug)]
struct Inner {
    meter: Meter,
    ending: Mutex<Ending>,
}

/// The record of one call. The client hands neither status codes nor meters through its interface, so the record travels
/// with the task from the call down to the HTTP layer.
#[derive(Clone, Debug)]
pub(super) struct Exchange(Arc<Inner>);

tokio::task_local! {
    static CURRENT: Exchange;
}

impl Exchange {
    pub(super) fn new(meter: &Meter) -> Self {
        Self(Arc::new(Inner { meter: meter.clone(), ending: Mutex::new(Ending::Unsent) }))
    }

    /// The record of the call that runs now.
    pub(super) fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Runs a call of the client with this record.
    pub(super) async fn run<F: Future>(&self, call: F) -> F::Output {
        CURRENT.scope(self.clone(), call).await
    }

    pub(super) fn meter(&self) -> &Meter {
        &self.0.meter
    }

    pub(super) fn end(&self, ending: Ending) {
        *self.0.ending.lock() = ending;
    }

    pub(super) fn ending(&self) -> Ending {
        *self.0.ending.lock()
    }
}
