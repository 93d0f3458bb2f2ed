//! The threads that encode columns: as many as there is work for, up to a number, and none while there is none.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::{FutureExt, StreamExt};
use parking_lot::Mutex;
use tidewell_env::Env;
use tidewell_segment::{EncodedColumn, ExportError};

use crate::EncodeError;

/// The encoding of one column.
pub(super) type Job = Box<dyn FnOnce() -> Result<EncodedColumn, ExportError> + Send>;
type Outcome = Result<EncodedColumn, EncodeError>;

/// What waits to be encoded, and who is at it.
#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    threads: usize,
}

/// Jobs in, encoded columns out, in any order. The caller bounds what is under way.
pub(super) struct Crew {
    env: Env,
    threads_max: usize,
    queue: Arc<Mutex<Queue>>,
    sender: UnboundedSender<Outcome>,
    outcomes: UnboundedReceiver<Outcome>,
    under_way: usize,
}

impl Crew {
    pub(super) fn new(env: Env, threads_max: usize) -> Self {
        let (sender, outcomes) = unbounded();
        Self { env, threads_max, queue: Arc::default(), sender, outcomes, under_way: 0 }
    }

    /// Jobs that were given and whose outcome was not taken.
    pub(super) fn under_way(&self) -> usize {
        self.under_way
    }

    /// Begins the job as soon as a thread is free, in the order in which jobs are given.
    pub(super) fn give(&mut self, job: Job) {
        self.under_way += 1;
        let is_short = {
            let mut queue = self.queue.lock();
            queue.jobs.push_back(job);
            let is_short = queue.threads < self.threads_max;
            queue.threads += usize::from(is_short);
            is_short
        };
        if is_short {
            let (queue, sender) = (Arc::clone(&self.queue), self.sender.clone());
            self.env.begin_blocking(move || work(&queue, &sender));
        }
    }

    /// A column that is encoded, if one is.
    pub(super) fn encoded(&mut self) -> Option<Outcome> {
        let outcome = self.outcomes.next().now_or_never().flatten()?;
        self.under_way -= 1;
        Some(outcome)
    }

    /// Waits for a column; one must be under way.
    pub(super) async fn next_encoded(&mut self) -> Outcome {
        let nothing = || EncodeError::Broken("a column is awaited that was never given".to_owned());
        let left = self.under_way.checked_sub(1).ok_or_else(nothing)?;
        let outcome = self.outcomes.next().await;
        self.under_way = left;
        outcome.ok_or_else(nothing)?
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.queue.lock().jobs.clear();
    }
}

impl std::fmt::Debug for Crew {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (threads_max, under_way) = (&self.threads_max, &self.under_way);
        f.debug_struct("Crew").field("threads_max", threads_max).field("under_way", under_way).finish_non_exhaustive()
    }
}

/// Runs jobs until there is none.
fn work(queue: &Mutex<Queue>, outcomes: &UnboundedSender<Outcome>) {
    while let Some(job) = next_job(queue) {
        // A job shares nothing, and its encoder is dropped with it, so unwinding leaves nothing half done.
        let outcome = match catch_unwind(AssertUnwindSafe(job)) {
            Ok(outcome) => outcome.map_err(EncodeError::from),
            Err(panic) => Err(EncodeError::Broken(text_of(panic.as_ref()))),
        };
        // Nobody hears it once the file was given up.
        drop(outcomes.unbounded_send(outcome));
    }
}

/// The next job; without one the thread counts as gone, under the same lock, so that no job is left to nobody.
fn next_job(queue: &Mutex<Queue>) -> Option<Job> {
    let mut queue = queue.lock();
    let job = queue.jobs.pop_front();
    queue.threads -= usize::from(job.is_none());
    job
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("no reason given").to_owned()
}

#[cfg(test)]
mod tests;
