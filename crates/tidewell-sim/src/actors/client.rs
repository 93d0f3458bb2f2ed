//! Writes line protocol: to a series of its own, to one that all share, and a mark of each write that nobody overwrites.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::{Either, select};
use tidewell_ingest::{IngestError, WriteOutcome, WriteRequest};
use tidewell_line_protocol::Precision;
use tidewell_wal::AckLevel;

use super::pause;
use crate::dice::Dice;
use crate::host::Host;
use crate::oracle::{Lane, MARKS, Oracle, Outcome, value_of};
use crate::plan::Breakage;
use crate::race::Race;
use crate::rows::{Row, RowKey, Value};
use crate::verdict::Explain as _;
use crate::violation::Invariant;

/// 2026-01-01T12:00:00Z, and the steps between the few instants that are written again and again: over two days.
const TIME_START_NS: i64 = 1_767_268_800_000_000_000;
const TIME_STEP_NS: i64 = 6 * 3_600_000_000_000;
const TIMES: u64 = 6;
const FIELDS: u64 = 3;
/// Clients that lose patience do so within this.
const PATIENCE_MAX: Duration = Duration::from_secs(20);

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
        write(&host, &mut dice, Asked { client: number, level, patience, may_be_odd: true }).await;
    }
}

/// A level to ask for: seldom another than the server's.
fn level(host: &Host, dice: &mut Dice) -> Option<AckLevel> {
    let (_, server) = host.ingest.as_ref()?;
    match dice.between(0, 10) {
        0 if *server < AckLevel::Object => Some(AckLevel::Object),
        1 if server.is_local() => Some(AckLevel::EveryWrite),
        _ => None,
    }
}

/// A write after the storm: it must be acknowledged soon.
pub(crate) async fn last_write(host: &Host) {
    let mut dice = host.process.world.dice(&format!("last write of {}", host.process.name()));
    let asked = Asked { client: 0, level: None, patience: Some(Duration::from_secs(60)), may_be_odd: false };
    let outcome = write(host, &mut dice, asked).await;
    if outcome != Outcome::Acked {
        let what = format!("{}: a write after the storm ended as {outcome:?}", host.process.name());
        host.process.world.broken(Invariant::Liveness, what);
    }
}

/// What a client asks for.
#[derive(Clone, Copy)]
struct Asked {
    client: u32,
    level: Option<AckLevel>,
    /// How long it waits; `None` for as long as it takes.
    patience: Option<Duration>,
    /// Whether it may give a column a type that others do not.
    may_be_odd: bool,
}

async fn write(host: &Host, dice: &mut Dice, asked: Asked) -> Outcome {
    let Asked { level, patience, .. } = asked;
    let Some((ingest, server)) = &host.ingest else { return Outcome::Refused };
    let (process, world) = (&host.process, &host.process.world);
    let lane = Oracle::lane(*server, level);
    let write = world.oracle.lock().next_write();
    let (rows, is_odd) = rows(host, dice, asked, write);
    world.oracle.lock().begin((process.name(), host.incarnation), lane, &rows, world.now());
    world.event(format_args!("{}: write {write} of {} rows at {level:?}", process.name(), rows.len()));
    let body = lines(&rows).into();
    let request = WriteRequest { body, precision: Precision::Nanosecond, level, accept_partial: false, token: None };
    let writing = Box::pin(ingest.write(request));
    let result = match patience {
        None => writing.await,
        Some(patience) => match select(writing, Box::pin(host.env.sleep(patience))).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => {
                world.event(format_args!("{}: the client of write {write} has gone", process.name()));
                return Outcome::Open;
            }
        },
    };
    conclude(host, write, (lane, level.unwrap_or(*server)), is_odd, result)
}

fn conclude(
    host: &Host,
    write: u64,
    (lane, level): (Lane, AckLevel),
    is_odd: bool,
    result: Result<WriteOutcome, IngestError>,
) -> Outcome {
    let (process, world) = (&host.process, &host.process.world);
    let mut place = None;
    let outcome = match result {
        Ok(outcome) => {
            place = outcome.token.map(|token| (token.source, token.seq));
            if lane == Lane::Disk && level >= AckLevel::EveryWrite {
                let next = host.local.as_ref().map(|local| local.log.lock().next_seq());
                next.into_iter().for_each(|next| process.disk.note_synced(next));
            }
            Outcome::Acked
        }
        Err(IngestError::Unknown(_)) if world.plan.breakage == Breakage::AcksUnknown => Outcome::Acked,
        Err(error) => {
            if matches!(error, IngestError::Rejected(_)) {
                world.reach(Race::SchemaConflict);
                if !is_odd {
                    world.broken(Invariant::Error, format!("{}: {error}", process.name()));
                }
            }
            error.explain(process, "write");
            if matches!(error, IngestError::Unknown(_)) { Outcome::Open } else { Outcome::Refused }
        }
    };
    world.event(format_args!("{}: write {write} ends as {outcome:?} {place:?}", process.name()));
    world.oracle.lock().end(write, outcome, place, world.now());
    outcome
}

/// The rows of a write, in order; whether one of them gives a column a type that others may give another.
fn rows(host: &Host, dice: &mut Dice, asked: Asked, write: u64) -> (Vec<Row>, bool) {
    let mark = key(MARKS, "write", &write.to_string(), TIME_START_NS);
    let mut rows = vec![Row { key: mark, fields: vec![("n".into(), Value::Integer(value_of(write, 0)))] }];
    let own = format!("{}-{}-{}", host.process.name(), asked.client, host.incarnation);
    // A series of the process outlives its incarnations; one of an incarnation does not.
    let series = [own.as_str(), host.process.name(), "shared", "shared"];
    let mut place = 0;
    for _ in 0..dice.between(1, 4) {
        let time_ns = TIME_START_NS + TIME_STEP_NS * dice.between(0, TIMES) as i64;
        let series = dice.pick(&series).unwrap_or("shared");
        let mut fields = BTreeMap::new();
        for _ in 0..dice.between(1, 3) {
            place += 1;
            fields.insert(format!("f{}", dice.between(0, FIELDS)), Value::Integer(value_of(write, place)));
        }
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value)).collect();
        rows.push(Row { key: key("m", "c", series, time_ns), fields });
    }
    let is_odd = asked.may_be_odd && dice.chance(0.05);
    if is_odd {
        let value = if dice.chance(0.5) {
            Value::Integer(value_of(write, place + 1))
        } else {
            Value::Text(format!("{write}.{}", place + 1))
        };
        let name = format!("odd{}", dice.between(0, 3)).into();
        rows.push(Row { key: key("m", "c", &own, TIME_START_NS), fields: vec![(name, value)] });
    }
    (rows, is_odd)
}

fn key(table: &str, tag: &str, value: &str, time_ns: i64) -> RowKey {
    RowKey { table: table.into(), tags: vec![(tag.into(), value.to_owned())], time_ns }
}

fn lines(rows: &[Row]) -> String {
    let mut lines = String::new();
    for Row { key, fields } in rows {
        lines.push_str(&key.table);
        for (tag, value) in &key.tags {
            // Writing to a text cannot fail.
            _ = write!(lines, ",{tag}={value}");
        }
        for (index, (field, value)) in fields.iter().enumerate() {
            lines.push(if index == 0 { ' ' } else { ',' });
            _ = match value {
                Value::Integer(number) => write!(lines, "{field}={number}i"),
                Value::Text(text) => write!(lines, "{field}=\"{text}\""),
            };
        }
        _ = writeln!(lines, " {}", key.time_ns);
    }
    lines
}
