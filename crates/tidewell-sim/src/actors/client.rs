//! Writes line protocol, waits for answers or not, and sends requests with an idempotency key again.

mod rows;
mod server;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tidewell_ingest::token_of_key;
use tidewell_types::TokenId;
use tidewell_wal::AckLevel;

use super::pause;
use crate::breakage::Breakage;
use crate::dice::Dice;
use crate::host::Host;
use crate::oracle::{EVENTS, Oracle, Outcome};
use crate::race::Race;
use crate::violation::Invariant;
use rows::lines;
pub(super) use rows::{TIME_START_NS, TIME_STEP_NS, TIMES};
use server::{Request, send};

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
pub(crate) async fn last_write(host: &Arc<Host>) {
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

async fn write(host: &Arc<Host>, dice: &mut Dice, asked: Asked) -> Outcome {
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
    let (body, is_odd) = (lines(&written.rows).into(), written.is_odd);
    let request = Request { number, level, token, body, is_odd, is_repeat: false, may_be_there: false };
    let outcome = send(Arc::clone(host), request.clone(), patience).await;
    match token {
        Some(token) => again(host, dice, (request, token), outcome).await,
        None => outcome,
    }
}

/// Sends a request with a key again, to this process or another, until it is acknowledged, and sometimes once more.
async fn again(host: &Arc<Host>, dice: &mut Dice, (first, token): (Request, TokenId), mut outcome: Outcome) -> Outcome {
    let world = host.world();
    for _ in 0..RETRIES_MAX {
        if (outcome == Outcome::Acked && !dice.chance(0.3)) || !host.is_storm() {
            return outcome;
        }
        pause(host, dice).await;
        // Whoever repeats a request when nobody remembers it any more makes another request.
        if world.audit.lock().head().has_forgotten(&token) {
            return outcome;
        }
        let Some(server) = any_server(host, dice) else { continue };
        let before = world.oracle.lock().again(first.number);
        world.event(format_args!("{}: write {} again, at {}", host.name(), first.number, server.name()));
        let token = first.token.filter(|_| world.plan.breakage != Breakage::RetriesWithoutKey);
        let patience = Some(dice.span(Duration::from_secs(1), PATIENCE_MAX));
        let may_be_there = before == Some(Outcome::Open);
        let request = Request { token, is_repeat: true, may_be_there, ..first.clone() };
        outcome = send(server, request, patience).await;
    }
    outcome
}

/// One of the running processes that take writes.
fn any_server(host: &Host, dice: &mut Dice) -> Option<Arc<Host>> {
    let processes = host.world().processes.lock();
    let running = processes.iter().filter_map(|process| process.host());
    let servers: Vec<Arc<Host>> = running.filter(|server| server.ingest.is_some()).collect();
    let index = dice.between(0, servers.len() as u64) as usize;
    servers.into_iter().nth(index)
}
