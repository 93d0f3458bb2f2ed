//! Work that runs before its result is asked for, and stops when nobody will ask any more.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use datafusion::arrow::array::RecordBatch;
use datafusion::error::Result;
use futures::{Stream, StreamExt};
use tidewell_env::Env;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::segment_fault::internal;

/// A task that ends with its handle.
#[derive(Debug)]
pub(crate) struct Task<T>(JoinHandle<T>);

impl<T: Send + 'static> Task<T> {
    /// Starts it.
    pub(crate) fn start(env: &Env, work: impl Future<Output = T> + Send + 'static) -> Self {
        Self(env.spawn(work))
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        let ended = ready!(Pin::new(&mut self.0).poll(context));
        Poll::Ready(ended.map_err(|error| internal(format!("a reading task ended early: {error}")).into()))
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A stream whose items are made in a task of their own, a few ahead of who takes them.
#[derive(Debug)]
pub(crate) struct Ahead {
    items: mpsc::Receiver<Result<RecordBatch>>,
    task: Option<Task<()>>,
}

impl Ahead {
    /// Starts making the items of `source`, at most `depth` more than were taken.
    pub(crate) fn start<S>(env: &Env, source: S, depth: usize) -> Self
    where
        S: Stream<Item = Result<RecordBatch>> + Send + 'static,
    {
        let (sender, items) = mpsc::channel(depth.max(1));
        let task = Task::start(env, async move {
            let mut source = std::pin::pin!(source);
            while let Some(item) = source.next().await {
                if sender.send(item).await.is_err() {
                    return;
                }
            }
        });
        Self { items, task: Some(task) }
    }
}

impl Stream for Ahead {
    type Item = Result<RecordBatch>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(item) = ready!(self.items.poll_recv(context)) {
            return Poll::Ready(Some(item));
        }
        // The task has dropped its end: done, or died, which must not look like the end of the data.
        let Some(task) = self.task.as_mut() else { return Poll::Ready(None) };
        let ended = ready!(Pin::new(task).poll(context));
        self.task = None;
        Poll::Ready(ended.err().map(Err))
    }
}

#[cfg(test)]
mod tests;
