//! Writes line protocol, waits for answers or not, and sends requests with an idempotency key again.

mod rows;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::{Either, select};
use tidewell_ingest::{IngestError, WriteOutcome, WriteRequest, token_of_key};
use tidewell_line_protocol::Precision;
use tidewell_types::{Source, TokenId};
use tidewell_wal::AckLevel;

use super::pause;
use crate::breakage::Breakage;
use crate::dice::Dice;
use crate::host::Host;
use crate::oracle::{EVENTS, Lane, Oracle, Outcome};
use crate::race::Race;
use crate::verdict::Explain as _;
use crate::violation::Invariant;
pub(super) use rows::{TIME_START_NS, TIME_STEP_NS, TIMES};
use rows::{Written, lines};

/// Clients that lose patience do so within this.
const PATIENCE_MAX: Duration = Duration::from_secs(20);
/// How often a request with a key is sent again, at most.
const RETRIES_MAX: u32 = 3;

pub(crate) async fn run(host: Arc<Host>, mut dice: Dice, number: u32) {
    let Some(left) = host.process.writes_left.get(number as usize) else { return };
    while host.is_storm() && left.load(Ordering::Relaxed) > 0 {
        pause(&host, &mut dice).await;
        if !host.is_storm() {
            return;
        }
        left.fetch_sub(1, Ordering::Relaxed);
        let level = level(&host, &mut dice);
        let patience = dice.chance(0.1).then(|| dice.span(Duration::from_millis(1), PATIENCE_MAX));
        let has_key = dice.chance(host.world().plan.key_share);
        let asked = Asked { client: number, level, patience, has_key, may_be_odd: true };
        write(&host, &mut dice, asked).await;
    }
}

/// A level to ask for: seldom another than the server's.
fn level(host: &Host, dice: &mut Dice) -> Option<AckLevel> {
    let (_, server) = host.ingest.as_ref()?;
    match dice.between(0, 10) {
        0 if *server < AckLevel::Object => Some(AckLevel::Object),
        1 if server.is_local() => Some(AckLevel::EveryWrite),
        2 if host.log.has_replicas() => Some(AckLevel::Quorum),
        _ => None,
    }
}

/// L1: a write after the storm; it must be acknowledged soon.
pub(crate) async fn last_write(host: &Host) {
    let mut dice = host.world().dice(&format!("last write of {}", host.name()));
    let patience = Some(Duration::from_secs(60));
    let asked = Asked { client: 0, level: None, patience, has_key: false, may_be_odd: false };
    let outcome = write(host, &mut dice, asked).await;
    if outcome != Outcome::Acked {
        let what = format!("{}: a write after the storm ended as {outcome:?}", host.name());
        host.world().broken(Invariant::Liveness, what);
    }
}

/// What a client asks for.
#[derive(Clone, Copy)]
struct Asked {
    client: u32,
    level: Option<AckLevel>,
    /// How long it waits; `None` for as long as it takes.
    patience: Option<Duration>,
    has_key: bool,
    /// Whether it may give a column a type that others do not.
    may_be_odd: bool,
}

/// One request on its way, the first or a further time.
struct Sent<'a> {
    number: u64,
    level: Option<AckLevel>,
    patience: Option<Duration>,
    token: Option<TokenId>,
    written: &'a Written,
}

async fn write(host: &Host, dice: &mut Dice, asked: Asked) -> Outcome {
    let Asked { level, patience, has_key, .. } = asked;
    let Some((_, server)) = &host.ingest else { return Outcome::Refused };
    let world = host.world();
    let number = world.oracle.lock().next_write();
    let written = rows::make(host, dice, (asked.client, asked.may_be_odd), number);
    let lane = Oracle::lane(*server, level);
    world.oracle.lock().begin((host.who(), lane, has_key), &written.rows, world.now());
    world.note_write();
    world.event(format_args!("{}: write {number} of {} rows at {level:?}", host.name(), written.rows.len()));
    let floor_ns = world.floor_ns();
    if written.rows.iter().any(|row| &*row.key.table == EVENTS && row.key.time_ns < floor_ns) {
        world.reach(Race::WrittenExpired);
    }
    let token = has_key.then(|| token_of_key(&format!("write {number}")));
    let sent = Sent { number, level, patience, token, written: &written };
    let outcome = send(host, &sent).await;
    match has_key {
        true => again(host, dice, sent, outcome).await,
        false => outcome,
    }
}

/// Sends a request with a key again, to this process or another, until it is acknowledged, and sometimes once more.
async fn again(host: &Host, dice: &mut Dice, first: Sent<'_>, mut outcome: Outcome) -> Outcome {
    let world = host.world();
    for _ in 0..RETRIES_MAX {
        if (outcome == Outcome::Acked && !dice.chance(0.3)) || !host.is_storm() {
            return outcome;
        }
        pause(host, dice).await;
        let servers: Vec<Arc<Host>> = world.processes.lock().iter().filter_map(|process| process.host()).collect();
        let servers: Vec<&Arc<Host>> = servers.iter().filter(|server| server.ingest.is_some()).collect();
        let index = dice.between(0, servers.len() as u64) as usize;
        let Some(server) = servers.get(index) else { continue };
        let before = world.oracle.lock().again(first.number);
        world.event(format_args!("{}: write {} again, at {}", host.name(), first.number, server.name()));
        let token = first.token.filter(|_| world.plan.breakage != Breakage::RetriesWithoutKey);
        let patience = Some(dice.span(Duration::from_secs(1), PATIENCE_MAX));
        outcome = send(server, &Sent { patience, token, ..first }).await;
        if before == Some(Outcome::Open) && outcome == Outcome::Refused {
            // An earlier try may be there all the same.
            world.oracle.lock().again(first.number);
            outcome = Outcome::Open;
        }
    }
    outcome
}

async fn send(server: &Host, sent: &Sent<'_>) -> Outcome {
    let Some((ingest, own)) = &server.ingest else { return Outcome::Refused };
    let world = server.world();
    let body = lines(&sent.written.rows).into();
    let Sent { number, level, token, .. } = *sent;
    let request = WriteRequest { body, precision: Precision::Nanosecond, level, accept_partial: false, token };
    let writing = Box::pin(ingest.write(request));
    let result = match sent.patience {
        None => writing.await,
        Some(patience) => match select(writing, Box::pin(world.env.sleep(patience))).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => {
                world.event(format_args!("the client of write {number} at {} has gone", server.name()));
                return Outcome::Open;
            }
        },
    };
    conclude(server, sent, level.unwrap_or(*own).max(*own), result)
}

fn conclude(server: &Host, sent: &Sent<'_>, level: AckLevel, result: Result<WriteOutcome, IngestError>) -> Outcome {
    let (process, world) = (&server.process, server.world());
    let mut place = None;
    let outcome = match result {
        Ok(outcome) => {
            place = outcome.token.map(|token| (token.source, token.seq));
            acknowledged(server, sent.number, level, &outcome);
            Outcome::Acked
        }
        Err(IngestError::Unknown(_)) if world.plan.breakage == Breakage::AcksUnknown => Outcome::Acked,
        Err(error) => {
            if matches!(error, IngestError::Rejected(_)) {
                world.reach(Race::SchemaConflict);
                if !sent.written.is_odd {
                    world.broken(Invariant::Error, format!("{}: {error}", process.name()));
                }
            }
            error.explain(process, "write");
            if matches!(error, IngestError::Unknown(_)) { Outcome::Open } else { Outcome::Refused }
        }
    };
    world.event(format_args!("{}: write {} ends as {outcome:?} {place:?}", process.name(), sent.number));
    world.oracle.lock().end(sent.number, outcome, place, world.now());
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
