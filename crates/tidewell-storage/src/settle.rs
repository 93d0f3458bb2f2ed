//! The patience of a write that must know its outcome: bounded attempts, growing pauses, one deadline.

#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};

use crate::backend::{Applied, Failure, FailureKind, Operation};
use crate::error::{Cause, StorageError};
use crate::store::Store;

/// Pauses are random below this, doubled each round.
const PAUSE_FIRST: Duration = Duration::from_millis(50);
/// The longest bound of a pause.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// One write on its way to a known outcome.
#[derive(Debug)]
pub(crate) struct Settling<'a> {
    store: &'a Store,
    operation: Operation,
    key: &'a str,
    deadline: Duration,
    pauses: u32,
    /// Whether an attempt so far may have been applied, or may yet be.
    is_unclear: bool,
    last_cause: Option<Cause>,
}

impl<'a> Settling<'a> {
    pub(crate) fn new(store: &'a Store, operation: Operation, key: &'a str) -> Self {
        let deadline = store.shared.env.monotonic() + store.shared.options.settle_timeout;
        Self { store, operation, key, deadline, pauses: 0, is_unclear: false, last_cause: None }
    }

    /// Whether an attempt so far may have been applied.
    pub(crate) fn is_unclear(&self) -> bool {
        self.is_unclear
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_sub(self.store.shared.env.monotonic())
    }

    /// Waits for an attempt, though not for longer than one attempt may take.
    pub(crate) async fn attempt<T>(&self, attempt: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        let bound = self.store.shared.options.attempt_timeout.min(self.left());
        let timeout = pin!(self.store.shared.env.sleep(bound));
        match select(pin!(attempt), timeout).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(_) => {
                Err(Failure::maybe_after(FailureKind::Unavailable, format!("no answer within {bound:?}")))
            }
        }
    }

    /// Takes a failed write into account; `Ok` where the write is to go on.
    pub(crate) fn write_failed(&mut self, failure: Failure) -> Result<(), StorageError> {
        if failure.applied == Applied::Maybe {
            self.is_unclear = true;
            if failure.kind != FailureKind::Unavailable {
                // Neither reading back nor writing again would tell.
                return Err(StorageError::unknown(self.place(), failure.cause));
            }
        }
        self.go_on_after(failure)
    }

    /// Takes a failed read-back into account; `Ok` where the write is to go on.
    pub(crate) fn read_failed(&mut self, failure: Failure) -> Result<(), StorageError> {
        self.go_on_after(failure)
    }

    fn go_on_after(&mut self, failure: Failure) -> Result<(), StorageError> {
        if failure.kind != FailureKind::Unavailable && !self.is_unclear {
            return Err(StorageError::from_failure(self.place(), failure));
        }
        self.last_cause = Some(failure.cause);
        Ok(())
    }

    /// Waits before the next round, with full jitter.
    ///
    /// After the deadline it is an error: unknown if an attempt may have been applied, unavailable if certainly none was.
    pub(crate) async fn pause(&mut self) -> Result<(), StorageError> {
        let bound = PAUSE_FIRST.saturating_mul(1 << self.pauses.min(16)).min(PAUSE_MAX);
        self.pauses += 1;
        let env = &self.store.shared.env;
        let pause = env.jitter(bound);
        if pause < self.left() {
            env.sleep(pause).await;
            return Ok(());
        }
        let cause = self.last_cause.take().unwrap_or_else(|| {
            let refusals: Box<dyn std::error::Error + Send + Sync> =
                "the store keeps refusing what is not there".into();
            refusals.into()
        });
        if self.is_unclear {
            tracing::warn!(key = self.key, operation = %self.operation, %cause, "outcome of a write is unknown");
            return Err(StorageError::unknown(self.place(), cause));
        }
        Err(StorageError::from_failure(
            self.place(),
            Failure { kind: FailureKind::Unavailable, applied: Applied::No, cause },
        ))
    }

    fn place(&self) -> crate::error::Place {
        self.store.place(self.operation, self.key)
    }
}
