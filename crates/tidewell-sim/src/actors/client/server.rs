//! The other end of a client's connection: a request in a task of its server, and what its answer promises.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{Either, select};
use tidewell_ingest::{IngestError, WriteOutcome, WriteRequest};
use tidewell_line_protocol::Precision;
use tidewell_types::{Source, TokenId};
use tidewell_wal::AckLevel;
use tokio::task::JoinHandle;

use crate::breakage::Breakage;
use crate::host::Host;
use crate::oracle::{Lane, Outcome, Try};
use crate::race::Race;
use crate::verdict::Explain as _;
use crate::violation::Invariant;
use crate::world::World;

/// One request on its way, the first or a further time.
#[derive(Clone)]
pub(super) struct Request {
    pub(super) number: u64,
    pub(super) level: Option<AckLevel>,
    pub(super) token: Option<TokenId>,
    pub(super) body: Bytes,
    /// Whether it gives a column a type that others may give another.
    pub(super) is_odd: bool,
    pub(super) is_repeat: bool,
    /// Whether an earlier try may be there, whatever becomes of this one.
    pub(super) may_be_there: bool,
}

/// A task that ends when nobody waits for it any more, as that of a closed connection does.
struct Connection<T>(JoinHandle<T>);

impl<T> Drop for Connection<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A try that is being handled, until its task is gone.
struct Handled {
    world: Arc<World>,
    key: Option<Try>,
}

impl Handled {
    fn begin(world: &Arc<World>, request: &Request) -> Self {
        let key = request.token.map(|token| world.oracle.lock().begin_try(request.number, token, request.is_repeat));
        Self { world: Arc::clone(world), key }
    }
}

impl Drop for Handled {
    fn drop(&mut self) {
        self.key.take().into_iter().for_each(|key| self.world.oracle.lock().end_try(key));
    }
}

/// Sends a request and waits for the answer, or for as long as `patience` lasts. Of the server nothing is held meanwhile: it may
/// crash, and then there is no answer.
pub(super) async fn send(server: Arc<Host>, request: Request, patience: Option<Duration>) -> Outcome {
    let (world, env, name) = (Arc::clone(server.world()), server.env.clone(), server.name().to_owned());
    let number = request.number;
    let mut connection = Connection(env.spawn(handle(server, request)));
    let answer = async move { (&mut connection.0).await.unwrap_or(Outcome::Open) };
    let Some(patience) = patience else { return answer.await };
    match select(Box::pin(answer), Box::pin(world.env.sleep(patience))).await {
        Either::Left((outcome, _)) => outcome,
        Either::Right(_) => {
            world.event(format_args!("the client of write {number} at {name} has gone"));
            Outcome::Open
        }
    }
}

async fn handle(server: Arc<Host>, request: Request) -> Outcome {
    let Some((ingest, own)) = &server.ingest else { return Outcome::Refused };
    let world = server.world();
    let _handled = Handled::begin(world, &request);
    if world.plan.breakage == Breakage::AcksEarly {
        world.oracle.lock().end(request.number, Outcome::Acked, None, world.now());
    }
    let Request { level, token, .. } = request;
    let body = request.body.clone();
    let write = WriteRequest { body, precision: Precision::Nanosecond, level, accept_partial: false, token };
    let result = ingest.write(write).await;
    conclude(&server, &request, level.unwrap_or(*own).max(*own), result)
}

fn conclude(server: &Host, request: &Request, level: AckLevel, result: Result<WriteOutcome, IngestError>) -> Outcome {
    let (process, world, number) = (&server.process, server.world(), request.number);
    let mut place = None;
    let outcome = match result {
        Ok(outcome) => {
            place = outcome.token.map(|token| (token.source, token.seq));
            acknowledged(server, number, level, &outcome);
            Outcome::Acked
        }
        Err(IngestError::Unknown(_)) if world.plan.breakage == Breakage::AcksUnknown => Outcome::Acked,
        Err(error) => {
            if matches!(error, IngestError::Rejected(_)) {
                world.reach(Race::SchemaConflict);
                if !request.is_odd {
                    world.broken(Invariant::Error, format!("{}: {error}", process.name()));
                }
            }
            error.explain(process, "write");
            let is_open = matches!(error, IngestError::Unknown(_)) || request.may_be_there;
            if is_open { Outcome::Open } else { Outcome::Refused }
        }
    };
    world.event(format_args!("{}: write {number} ends as {outcome:?} {place:?}", process.name()));
    world.oracle.lock().end(number, outcome, place, world.now());
    outcome
}

/// What an acknowledgement promises, at once.
fn acknowledged(server: &Host, number: u64, level: AckLevel, outcome: &WriteOutcome) {
    let (process, world) = (&server.process, server.world());
    let lane = match outcome.token.map(|token| token.source) {
        Some(Source::Node(_)) => Lane::Disk,
        Some(Source::Memory(_)) => Lane::Memory,
        // In segments already, where everyone sees it.
        Some(Source::Objects(_)) | None => Lane::Objects,
    };
    world.oracle.lock().taken_by(number, server.who(), lane);
    if outcome.is_duplicate {
        world.reach(Race::RepeatAnswered);
    } else if world.oracle.lock().note_logged(number) {
        world.reach(Race::RepeatSortedOut);
    }
    if let Some(token) = outcome.token {
        match token.source {
            // I1: what is acknowledged is where every reader finds it.
            Source::Objects(stream) if !world.audit.lock().is_safe(stream, token.seq) => {
                let what = format!("{}: write {number} is acknowledged and not in the log", process.name());
                world.broken(Invariant::Durability, what);
            }
            Source::Objects(_) if level == AckLevel::Quorum && world.weather.is_any_down(world.now()) => {
                world.reach(Race::AckedWithStoreDown);
            }
            Source::Node(_) if level >= AckLevel::EveryWrite => {
                let next = server.local.as_ref().map(|local| local.log.lock().next_seq());
                next.into_iter().for_each(|next| process.disk.note_synced(next));
            }
            _ => {}
        }
    }
}
