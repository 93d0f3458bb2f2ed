//! Group commit: requests that wait at the same time share one entry.

use std::collections::BTreeSet;
use std::time::Duration;

use tidewell_cost::parts;
use tidewell_env::Env;
use tidewell_manifest::State;
use tidewell_storage::Usage;
use tidewell_types::{Batch, TokenId, Version};
use tidewell_wal::AckLevel;
use tokio::sync::{mpsc, oneshot};

use crate::combine::combine;
use crate::cost::{WriteCost, data_bytes};
use crate::duplicate::{Duplicates, Earlier};
use crate::error::IngestError;
use crate::key::Keyed;
use crate::lane::Lane;
use crate::together::{Arrival, Others};
use crate::token::SessionToken;

/// Requests that may wait for one lane; more are told to come back.
const QUEUE_REQUESTS_MAX: usize = 4096;
/// Rows of one entry, in bytes of memory; what is above waits for the next entry.
const GROUP_BYTES_MAX: usize = 16 << 20;

/// How often a group moves to a newer generation or identity before its writers hear of it.
const MOVES_MAX: u32 = 5;

/// How soon a long pause ends when nothing is to wait any more.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Where a request's rows are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Logged {
    /// In this entry, which cost that.
    Here(SessionToken, WriteCost),
    /// Where an earlier request with the same token has put them.
    Before(Earlier),
}

type Reply = oneshot::Sender<Result<Logged, IngestError>>;

struct Request {
    batch: Batch,
    key: Option<Keyed>,
    level: AckLevel,
    /// What it came with.
    others: Option<Others>,
    reply: Reply,
}

impl Request {
    fn answer(self, outcome: Result<Logged, IngestError>) {
        // Whoever stopped waiting has its answer: unknown.
        drop(self.reply.send(outcome));
    }
}

/// The way into one lane; cheap to clone. The lane's task ends when the last handle is gone.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    queue: mpsc::Sender<Request>,
}

impl Group {
    /// Starts the lane's task.
    pub(crate) fn start(lane: Lane, duplicates: Duplicates, env: &Env) -> Self {
        let (queue, requests) = mpsc::channel(QUEUE_REQUESTS_MAX);
        env.spawn(run(lane, duplicates, env.clone(), requests));
        Self { queue }
    }

    /// Logs a batch and puts it into the buffer; returns when it may be acknowledged. Of several requests with the same
    /// token one is logged and the others have its answer; where it failed before they joined it they are tried themselves.
    ///
    /// The batch is logged even if the caller stops waiting. With an arrival it waits for those that it came with.
    pub(crate) async fn append(
        &self,
        batch: Batch,
        key: Option<Keyed>,
        level: AckLevel,
        arrival: Option<Arrival>,
    ) -> Result<Logged, IngestError> {
        let (reply, answer) = oneshot::channel();
        let others = arrival.as_ref().map(Arrival::others);
        let full =
            |_| IngestError::Busy(format!("{QUEUE_REQUESTS_MAX} writes wait to be logged: try again in a second"));
        self.queue.try_send(Request { batch, key, level, others, reply }).map_err(full)?;
        drop(arrival);
        answer
            .await
            .unwrap_or_else(|_| Err(IngestError::Unavailable("the log's task has stopped: restart the server".into())))
    }
}

async fn run(mut lane: Lane, duplicates: Duplicates, env: Env, mut requests: mpsc::Receiver<Request>) {
    let mut held = None;
    loop {
        let first = match held.take() {
            Some(request) => request,
            None => match requests.recv().await {
                Some(request) => request,
                None => return,
            },
        };
        wait(&mut lane, &env).await;
        if let Some(others) = &first.others {
            others.wait(&env).await;
        }
        let mut bytes = first.batch.memory_bytes();
        let mut group = vec![first];
        while let Ok(request) = requests.try_recv() {
            bytes += request.batch.memory_bytes();
            if bytes > GROUP_BYTES_MAX {
                held = Some(request);
                break;
            }
            group.push(request);
        }
        commit(&mut lane, &duplicates, group).await;
    }
}

/// Keeps the lane's pace, unless the process is about to end.
async fn wait(lane: &mut Lane, env: &Env) {
    let mut pause = lane.pause();
    while !pause.is_zero() && !lane.is_hurried() {
        let part = pause.min(LOOK_INTERVAL);
        env.sleep(part).await;
        pause -= part;
    }
}

/// Requests on their way into one entry.
#[derive(Default)]
struct Turn {
    level: Option<AckLevel>,
    requests: Vec<Request>,
    /// Those whose token another of them has: they wait for its answer.
    repeats: Vec<Request>,
}

impl Turn {
    /// Sorts out what is stored already as of `view`, which may have happened while a request waited, what was held up for so
    /// long that nobody can tell, and what is there twice.
    fn of(group: Vec<Request>, duplicates: &Duplicates, view: &State) -> Self {
        let has_keys = group.iter().any(|request| request.key.is_some());
        let remembers_from = if has_keys { view.remembers_from() } else { Version::ZERO };
        let mut turn = Self::default();
        let mut tokens: BTreeSet<TokenId> = BTreeSet::new();
        for request in group {
            if let Some(key) = request.key {
                if let Some(earlier) = duplicates.find(view, &key.token, request.level) {
                    request.answer(Ok(Logged::Before(earlier)));
                    continue;
                }
                if key.is_outdated(remembers_from) {
                    request.answer(Err(Keyed::outdated()));
                    continue;
                }
            }
            turn.level = turn.level.max(Some(request.level));
            match request.key.is_some_and(|key| !tokens.insert(key.token)) {
                true => turn.repeats.push(request),
                false => turn.requests.push(request),
            }
        }
        turn
    }

    fn rows(&self) -> Vec<(Batch, Option<TokenId>)> {
        self.requests.iter().map(|request| (request.batch.clone(), request.key.map(|key| key.token))).collect()
    }

    /// `used` is what was asked for all of them, which those share whose rows are logged.
    fn answer(self, outcome: &Result<SessionToken, IngestError>, used: Usage) {
        if let Err(error) = outcome {
            tracing::error!(%error, requests = self.requests.len() + self.repeats.len(), "writes were not acknowledged");
        }
        let costs = self.costs(used);
        for (request, cost) in self.requests.into_iter().zip(costs) {
            request.answer(outcome.clone().map(|token| Logged::Here(token, cost)));
        }
        for request in self.repeats {
            let before = |session| Logged::Before(Earlier { session: Some(session) });
            request.answer(outcome.clone().map(before));
        }
    }

    /// What each of those whose rows are logged has to bear.
    fn costs(&self, used: Usage) -> Vec<WriteCost> {
        let writes = self.requests.len();
        if used.requests() == 0 {
            return vec![WriteCost::default(); writes];
        }
        let bytes: Vec<u64> = self.requests.iter().map(|request| data_bytes(&request.batch)).collect();
        let cost = |share| WriteCost { entry: used, writes, share, own: Usage::default() };
        parts(bytes.iter().copied()).map(cost).collect()
    }

    fn into_requests(self) -> Vec<Request> {
        self.requests.into_iter().chain(self.repeats).collect()
    }
}

async fn commit(lane: &mut Lane, duplicates: &Duplicates, group: Vec<Request>) {
    let (mut waiting, mut used) = (group, Usage::default());
    for _ in 0..MOVES_MAX {
        // One view says which requests are known and where the others go.
        let view = duplicates.manifest.state();
        let turn = Turn::of(waiting, duplicates, &view);
        let Some(level) = turn.level else { return };
        let logged = match combine(turn.rows()) {
            Ok(group) => {
                let logged = lane.append(group, level, view.open_generation()).await;
                used = used + lane.take_used();
                logged
            }
            Err(error) => Err(IngestError::Unavailable(error.to_string().into())),
        };
        let outcome = match logged {
            Ok(None) => {
                waiting = turn.into_requests();
                continue;
            }
            Ok(Some(entry)) => {
                let token = SessionToken { source: entry.source, seq: entry.seq };
                duplicates.buffer.apply(entry);
                Ok(token)
            }
            Err(error) => Err(error),
        };
        return turn.answer(&outcome, used);
    }
    let advice = "generations are sealed faster than this write can be logged: try again";
    Turn { requests: waiting, ..Turn::default() }.answer(&Err(IngestError::Unavailable(advice.into())), used);
}
