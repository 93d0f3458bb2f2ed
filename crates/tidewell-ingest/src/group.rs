//! Group commit: requests that wait at the same time share one entry.

use std::collections::BTreeSet;

use tidewell_env::Env;
use tidewell_types::{Batch, TokenId};
use tidewell_wal::AckLevel;
use tokio::sync::{mpsc, oneshot};

use crate::combine::combine;
use crate::duplicate::{Duplicates, Earlier};
use crate::error::IngestError;
use crate::lane::Lane;
use crate::token::SessionToken;

/// Requests that may wait for one lane; more are told to come back.
const QUEUE_REQUESTS_MAX: usize = 4096;
/// Rows of one entry, in bytes of memory; what is above waits for the next entry.
const GROUP_BYTES_MAX: usize = 16 << 20;

/// Where a request's rows are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Logged {
    /// In this entry.
    Here(SessionToken),
    /// Where an earlier request with the same token has put them.
    Before(Earlier),
}

type Reply = oneshot::Sender<Result<Logged, IngestError>>;

struct Request {
    batch: Batch,
    token: Option<TokenId>,
    level: AckLevel,
    reply: Reply,
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
    /// The batch is logged even if the caller stops waiting.
    pub(crate) async fn append(
        &self,
        batch: Batch,
        token: Option<TokenId>,
        level: AckLevel,
    ) -> Result<Logged, IngestError> {
        let (reply, answer) = oneshot::channel();
        let full =
            |_| IngestError::Busy(format!("{QUEUE_REQUESTS_MAX} writes wait to be logged: try again in a second"));
        self.queue.try_send(Request { batch, token, level, reply }).map_err(full)?;
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
        let pause = lane.pause();
        if !pause.is_zero() {
            env.sleep(pause).await;
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

/// Requests on their way into one entry.
#[derive(Default)]
struct Turn {
    level: Option<AckLevel>,
    rows: Vec<(Batch, Option<TokenId>)>,
    replies: Vec<Reply>,
    /// Those whose token another of them has: they wait for its answer.
    repeats: Vec<Reply>,
}

impl Turn {
    /// Sorts out what is stored already, which may have happened while a request waited, and what is there twice.
    fn of(group: Vec<Request>, duplicates: &Duplicates) -> Self {
        let mut turn = Self::default();
        let mut tokens: BTreeSet<TokenId> = BTreeSet::new();
        for Request { batch, token, level, reply } in group {
            if let Some(earlier) = token.and_then(|token| duplicates.find(&token, level)) {
                drop(reply.send(Ok(Logged::Before(earlier))));
                continue;
            }
            turn.level = turn.level.max(Some(level));
            if token.is_some_and(|token| !tokens.insert(token)) {
                turn.repeats.push(reply);
            } else {
                turn.rows.push((batch, token));
                turn.replies.push(reply);
            }
        }
        turn
    }
}

async fn commit(lane: &mut Lane, duplicates: &Duplicates, group: Vec<Request>) {
    let Turn { level, rows, replies, repeats } = Turn::of(group, duplicates);
    let Some(level) = level else { return };
    let outcome = match combine(rows) {
        Ok(group) => lane.append(group, level).await,
        Err(error) => Err(IngestError::Unavailable(error.to_string().into())),
    };
    let outcome = outcome.map(|entry| {
        let token = SessionToken { source: entry.source, seq: entry.seq };
        duplicates.buffer.apply(entry);
        token
    });
    if let Err(error) = &outcome {
        tracing::error!(%error, requests = replies.len() + repeats.len(), "writes were not acknowledged");
    }
    for reply in replies {
        // Whoever stopped waiting has its answer: unknown.
        drop(reply.send(outcome.clone().map(Logged::Here)));
    }
    for reply in repeats {
        let before = |session| Logged::Before(Earlier { session: Some(session) });
        drop(reply.send(outcome.clone().map(before)));
    }
}
