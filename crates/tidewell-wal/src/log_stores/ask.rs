//! One question to every replica at once.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{BoxFuture, Either, select};
use futures::stream::FuturesUnordered;
use tidewell_env::Env;
use tidewell_storage::{Operation, Place, StorageError, Store};

use super::LogStores;

/// How much longer than a majority a replica may take before the others' answers must do: what it alone has is not durable,
/// and what it has with others is known from them.
const GRACE: Duration = Duration::from_millis(500);

/// What the replicas answered, by their places.
#[derive(Debug)]
pub(super) struct Answers<T> {
    pub(super) given: Vec<(usize, T)>,
    /// Why the others did not.
    pub(super) failed: BTreeMap<usize, String>,
}

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Self { given: Vec::new(), failed: BTreeMap::new() }
    }
}

impl LogStores {
    /// Waits until all have answered or failed, `is_enough` of what was answered, or the slowest had their grace after a
    /// majority. Answers come in the order of the replicas.
    pub(super) async fn ask<T, A>(
        &self,
        env: &Env,
        question: impl Fn(Store) -> A,
        is_enough: impl Fn(&[(usize, T)]) -> bool,
    ) -> Answers<T>
    where
        A: Future<Output = Result<T, StorageError>>,
    {
        let ask = |(index, answer): (usize, A)| async move { (index, answer.await) };
        let questions = self.replicas.iter().map(|replica| question(replica.store().clone()));
        let mut pending: FuturesUnordered<_> = questions.enumerate().map(ask).collect();
        let mut answers = Answers::default();
        let mut grace: Option<BoxFuture<'_, ()>> = None;
        loop {
            let next = match &mut grace {
                None => pending.next().await,
                Some(grace) => match select(pending.next(), grace).await {
                    Either::Left((next, _)) => next,
                    Either::Right(_) => {
                        self.time_out(&mut answers);
                        break;
                    }
                },
            };
            let Some((index, answer)) = next else { break };
            if let Some(replica) = self.replicas.get(index) {
                replica.took(&answer);
            }
            match answer {
                Ok(answer) => answers.given.push((index, answer)),
                Err(error) => drop(answers.failed.insert(index, error.to_string())),
            }
            if is_enough(&answers.given) {
                break;
            }
            if grace.is_none() && answers.given.len() >= self.majority() {
                grace = Some(Box::pin(env.sleep(GRACE)));
            }
        }
        answers.given.sort_by_key(|(index, _)| *index);
        answers
    }

    fn time_out<T>(&self, answers: &mut Answers<T>) {
        let reason = format!("no answer within {GRACE:?} after a majority");
        for (index, replica) in self.replicas.iter().enumerate() {
            let has_answered = answers.given.iter().any(|(given, _)| *given == index);
            if !has_answered && !answers.failed.contains_key(&index) {
                replica.failed(&reason);
                answers.failed.insert(index, format!("{}: {reason}", replica.store().url()));
            }
        }
    }

    /// That too few replicas did what was asked, with those that did not.
    pub(super) fn too_few<T>(&self, operation: Operation, object: &str, answers: &Answers<T>) -> StorageError {
        let name = |index: &usize| self.replicas.get(*index).map(|replica| replica.store().url().to_string());
        let stores: Vec<String> = answers.failed.keys().filter_map(name).collect();
        let (given, all, majority) = (answers.given.len(), self.replicas.len(), self.majority());
        let mut text = format!("{given} of {all} replicas of the log answered and {majority} are needed");
        for reason in answers.failed.values() {
            text.push_str("; ");
            text.push_str(reason);
        }
        let cause: Box<dyn Error + Send + Sync> = text.into();
        let at = Place { operation, object: object.to_owned(), store: stores.join(", ") };
        StorageError::Unavailable { at, cause: Arc::from(cause) }
    }
}
