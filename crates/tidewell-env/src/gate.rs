//! What stands between a simulated process and the processor.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// What a gate says to a task that wants to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// Go on.
    Open,
    /// The process is frozen: nothing happens until the gate wakes the task.
    Wait,
    /// The process has crashed: the task is dropped where it stands and never runs again.
    Closed,
}

/// Decides before every poll of a process's tasks whether they run, so that a process can stop at any await.
pub trait Gate: Send + Sync + 'static {
    /// A number for a task that starts.
    fn enter(&self) -> u64;

    /// Asked before each poll. The gate keeps the waker and wakes the task when its answer changes.
    fn pass(&self, task: u64, waker: &Waker) -> Passage;

    /// The task has ended or was dropped.
    fn leave(&self, task: u64);
}

/// A future behind a gate. After [`Passage::Closed`] it stays pending for ever: whoever waits for it has crashed as well.
pub(crate) struct Gated<F> {
    gate: Arc<dyn Gate>,
    task: u64,
    future: Option<Pin<Box<F>>>,
}

impl<F> Gated<F> {
    pub(crate) fn new(gate: Arc<dyn Gate>, future: F) -> Self {
        let task = gate.enter();
        Self { gate, task, future: Some(Box::pin(future)) }
    }
}

impl<F: Future> Future for Gated<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let passage = self.gate.pass(self.task, context.waker());
        let Some(future) = &mut self.future else { return Poll::Pending };
        match passage {
            Passage::Open => future.as_mut().poll(context),
            Passage::Wait => Poll::Pending,
            Passage::Closed => {
                self.future = None;
                Poll::Pending
            }
        }
    }
}

impl<F> Drop for Gated<F> {
    fn drop(&mut self) {
        self.gate.leave(self.task);
    }
}
