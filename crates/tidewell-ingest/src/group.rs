//! Group commit: requests that wait at the same time share one entry.

use std::sync::Arc;

use tidewell_buffer::Buffer;
use tidewell_env::Env;
use tidewell_types::Batch;
use tidewell_wal::AckLevel;
use tokio::sync::{mpsc, oneshot};

use crate::combine::combine;
use crate::error::IngestError;
use crate::lane::Lane;
use crate::token::SessionToken;

/// Requests that may wait for one lane; more are told to come back.
const QUEUE_REQUESTS_MAX: usize = 4096;
/// Rows of one entry, in bytes of memory; what is above waits for the next entry.
const GROUP_BYTES_MAX: usize = 16 << 20;

struct Request {
    batch: Batch,
    level: AckLevel,
    reply: oneshot::Sender<Result<SessionToken, IngestError>>,
}

/// The way into one lane; cheap to clone. The lane's task ends when the last handle is gone.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    queue: mpsc::Sender<Request>,
}

impl Group {
    /// Starts the lane's task.
    pub(crate) fn start(lane: Lane, buffer: Arc<Buffer>, env: &Env) -> Self {
        let (queue, requests) = mpsc::channel(QUEUE_REQUESTS_MAX);
        env.spawn(run(lane, buffer, env.clone(), requests));
        Self { queue }
    }

    /// Logs a batch and puts it into the buffer; returns when it may be acknowledged.
    ///
    /// The batch is logged even if the caller stops waiting.
    pub(crate) async fn append(&self, batch: Batch, level: AckLevel) -> Result<SessionToken, IngestError> {
        let (reply, answer) = oneshot::channel();
        let full =
            |_| IngestError::Busy(format!("{QUEUE_REQUESTS_MAX} writes wait to be logged: try again in a second"));
        self.queue.try_send(Request { batch, level, reply }).map_err(full)?;
        answer
            .await
            .unwrap_or_else(|_| Err(IngestError::Unavailable("the log's task has stopped: restart the server".into())))
    }
}

async fn run(mut lane: Lane, buffer: Arc<Buffer>, env: Env, mut requests: mpsc::Receiver<Request>) {
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
        commit(&mut lane, &buffer, group).await;
    }
}

async fn commit(lane: &mut Lane, buffer: &Buffer, group: Vec<Request>) {
    let level = group.iter().map(|request| request.level).max().unwrap_or(AckLevel::None);
    let (batches, replies): (Vec<_>, Vec<_>) = group.into_iter().map(|request| (request.batch, request.reply)).unzip();
    let outcome = match combine(batches) {
        Ok(batch) => lane.append(batch, level).await,
        Err(error) => Err(IngestError::Unavailable(error.to_string().into())),
    };
    let outcome = outcome.map(|entry| {
        let token = SessionToken { source: entry.source, seq: entry.seq };
        buffer.apply(entry);
        token
    });
    if let Err(error) = &outcome {
        tracing::error!(%error, requests = replies.len(), "writes were not acknowledged");
    }
    for reply in replies {
        // Whoever stopped waiting has its answer: unknown.
        drop(reply.send(outcome.clone()));
    }
}
