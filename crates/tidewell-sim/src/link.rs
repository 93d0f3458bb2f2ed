//! The way of one incarnation of a process to one store: latency, faults and ambushes, from the seed.

mod blind;
mod faults;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tidewell_storage::{Attempted, Did, Effect, Fault, Journey, Network, Operation};
use xxhash_rust::xxh3::xxh3_64;

use crate::audit::Place;
use crate::dice::Dice;
use crate::gate::{Fuse, ProcessGate};
use crate::race::Race;
use crate::world::World;
use blind::Blind;

/// Polls within which an ambush strikes.
const AMBUSH_POLLS_MAX: u64 = 8;

pub(crate) struct Link {
    world: Arc<World>,
    process: String,
    place: Place,
    gate: Arc<ProcessGate>,
    dice: Mutex<Dice>,
    blind: Blind,
}

impl Link {
    pub(crate) fn new(
        world: &Arc<World>,
        (process, incarnation): (&str, u32),
        place: Place,
        gate: &Arc<ProcessGate>,
    ) -> Arc<Self> {
        let dice = Mutex::new(world.dice(&format!("link {process} {incarnation} {place:?}")));
        Arc::new(Self {
            world: Arc::clone(world),
            process: process.to_owned(),
            place,
            gate: Arc::clone(gate),
            dice,
            blind: Blind::new(world.plan.breakage),
        })
    }

    /// Freezes or crashes the process about when it writes an entry or a commit, or checks the floor.
    fn ambush(&self, attempted: &Attempted<'_>, dice: &mut Dice) {
        let layout = &self.world.layout;
        let is_commit = layout.parse_log(attempted.key).is_some();
        let is_delicate =
            is_commit || layout.parse_wal(attempted.key).is_some() || attempted.key == layout.floor().as_str();
        let rate = match attempted.operation {
            Operation::Create | Operation::Replace => self.world.plan.ambush,
            _ => self.world.plan.ambush / 10.0,
        };
        if !is_delicate || !dice.chance(rate) {
            return;
        }
        let fuse = if dice.chance(0.7) { Fuse::Freeze } else { Fuse::Crash };
        self.gate.light(dice.between(0, AMBUSH_POLLS_MAX), fuse);
        if is_commit && attempted.operation == Operation::Create && fuse == Fuse::Freeze {
            self.world.reach(Race::FrozenCommit);
        }
    }
}

impl Network for Link {
    fn journey(&self, attempted: &Attempted<'_>) -> Journey {
        if !self.world.is_storm() {
            let span = Duration::from_millis(2);
            return Journey { there: span, fault: Fault::Pass, back: span };
        }
        let mut dice = self.dice.lock();
        self.ambush(attempted, &mut dice);
        let is_blind = self.place == Place::Main && self.blind.strikes(&self.world, attempted);
        let fault = if is_blind { Fault::Blind } else { self.fault(attempted, &mut dice) };
        if let Some(name) = faults::name_of(fault) {
            self.world.weather.count(name);
            let Attempted { operation, key, .. } = attempted;
            let (process, place) = (&self.process, place_name(self.place));
            self.world.event(format_args!("{process}: {operation} of {place}{key} meets {fault:?}"));
        }
        let (from, to) = self.world.plan.latency;
        let mut journey = Journey { there: dice.span(from, to), fault, back: dice.span(from, to) };
        let upload_max = self.world.plan.upload_max;
        if !upload_max.is_zero() && self.world.layout.parse_wal(attempted.key).is_some() {
            let is_upload = attempted.operation == Operation::Create;
            journey.there += if is_upload { dice.span(from, upload_max) } else { Duration::ZERO };
        }
        match fault {
            Fault::ApplyLater(_) => self.world.audit.lock().expect_late(attempted.key),
            // What is lost is noticed by a timeout, which may be long.
            Fault::FailBefore | Fault::ApplyThenLose if dice.chance(0.3) => {
                journey.back = dice.span(from, Duration::from_secs(15));
            }
            _ => {}
        }
        journey
    }

    fn carried_out(&self, effect: &Effect<'_>) {
        self.world.effect(&self.process, self.place, effect);
    }
}

fn place_name(place: Place) -> &'static str {
    match place {
        Place::Main => "",
        Place::Replica(0) => "copy 0 of ",
        Place::Replica(1) => "copy 1 of ",
        Place::Replica(_) => "copy 2 of ",
    }
}

/// An effect in a few words, for the trace.
pub(crate) fn describe<'a>(place: Place, effect: &'a Effect<'a>) -> impl fmt::Display + 'a {
    let late = if matches!(effect.fault, Fault::ApplyLater(_)) { "late " } else { "" };
    let again = if effect.is_repeat { "again " } else { "" };
    let place = place_name(place);
    fmt::from_fn(move |f| match effect.did {
        Did::Read { key, found } => write!(f, "read {place}{key} {}", if found { "found" } else { "missing" }),
        Did::Wrote { key, body, .. } => write!(f, "{late}{again}wrote {place}{key} {:016x}", xxh3_64(body)),
        Did::Refused { key, body, .. } => write!(f, "{late}{again}refused {place}{key} {:016x}", xxh3_64(body)),
        Did::Deleted { keys } => write!(f, "{late}{again}deleted {place}{}", keys.join(" ")),
        Did::Listed { folder, count } => write!(f, "listed {place}{folder} {count}"),
    })
}
