//! The way of one incarnation of a process to the store: latency, faults and ambushes, from the seed.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tidewell_storage::{Attempted, Did, Effect, Fault, Journey, Network, Operation};
use xxhash_rust::xxh3::xxh3_64;

use crate::dice::Dice;
use crate::gate::{Fuse, ProcessGate};
use crate::plan::{Breakage, FaultRates};
use crate::race::Race;
use crate::world::World;

/// Late effects come up to this much later.
const LATE_MAX: Duration = Duration::from_secs(30 * 86_400);
/// Polls within which an ambush strikes.
const AMBUSH_POLLS_MAX: u64 = 8;

pub(crate) struct Link {
    world: Arc<World>,
    process: String,
    gate: Arc<ProcessGate>,
    dice: Mutex<Dice>,
}

impl Link {
    pub(crate) fn new(world: &Arc<World>, process: &str, incarnation: u32, gate: &Arc<ProcessGate>) -> Arc<Self> {
        let dice = Mutex::new(world.dice(&format!("link {process} {incarnation}")));
        Arc::new(Self { world: Arc::clone(world), process: process.to_owned(), gate: Arc::clone(gate), dice })
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

    fn fault(&self, attempted: &Attempted<'_>, dice: &mut Dice) -> Fault {
        let World { weather, plan, .. } = &*self.world;
        let now = self.world.now();
        if weather.is_denied(&self.process, now) {
            return Fault::Denied;
        }
        if weather.is_throttled(now) && dice.chance(0.7) {
            return Fault::FailBefore;
        }
        match plan.breakage {
            Breakage::IgnoresConditions if attempted.operation == Operation::Create => return Fault::IgnoreCondition,
            Breakage::Forgets if attempted.operation == Operation::Create && dice.chance(0.02) => return Fault::Forget,
            _ => {}
        }
        let candidates = candidates(attempted.operation, &plan.faults, dice);
        let mut left = dice.between(0, 1_000_000) as f64 / 1e6;
        for (probability, fault) in candidates {
            if left < probability {
                return fault;
            }
            left -= probability;
        }
        Fault::Pass
    }
}

fn late(dice: &mut Dice) -> Duration {
    let max = if dice.chance(0.7) { Duration::from_secs(60) } else { LATE_MAX };
    dice.span(Duration::from_millis(1), max)
}

/// What may happen to a kind of request, with probabilities.
fn candidates(operation: Operation, rates: &FaultRates, dice: &mut Dice) -> Vec<(f64, Fault)> {
    let mut candidates = vec![(rates.fail_before, Fault::FailBefore), (rates.denied, Fault::Denied)];
    match operation {
        Operation::Put | Operation::Create | Operation::Replace | Operation::Delete => {
            candidates.push((rates.apply_then_lose, Fault::ApplyThenLose));
            candidates.push((rates.apply_later, Fault::ApplyLater(late(dice))));
            candidates.push((rates.twice, Fault::Twice(late(dice))));
        }
        Operation::Get | Operation::GetRanges => {
            let fault = if dice.chance(0.5) {
                Fault::FlipBit(dice.bits())
            } else {
                Fault::CutBody(dice.between(0, 1000) as u16)
            };
            candidates.push((rates.damage, fault));
        }
        Operation::List => {
            let span = dice.span(Duration::from_millis(1), Duration::from_secs(2));
            candidates.push((rates.race_list, Fault::RaceList(span)));
        }
        Operation::Head | Operation::Open => {}
    }
    match operation {
        Operation::Create | Operation::Replace => {
            candidates.push((rates.conflict, Fault::Conflict409));
            candidates.push((rates.hang, Fault::Hang));
        }
        Operation::Delete => candidates.push((rates.leave_some, Fault::LeaveSome(dice.bits()))),
        _ => {}
    }
    candidates
}

fn name_of(fault: Fault) -> Option<&'static str> {
    Some(match fault {
        Fault::Pass | Fault::Delay(_) => return None,
        Fault::FailBefore => "failed before",
        Fault::ApplyThenLose => "applied, answer lost",
        Fault::ApplyLater(_) => "applied later",
        Fault::Twice(_) => "delivered twice",
        Fault::Conflict409 => "409",
        Fault::Denied => "403",
        Fault::Hang => "never answered",
        Fault::CutBody(_) => "body cut short",
        Fault::FlipBit(_) => "bit flipped",
        Fault::LeaveSome(_) => "keys left undeleted",
        Fault::RaceList(_) => "listing raced",
        Fault::IgnoreCondition => "condition ignored",
        Fault::Forget => "write forgotten",
    })
}

impl Network for Link {
    fn journey(&self, attempted: &Attempted<'_>) -> Journey {
        if !self.world.is_storm() {
            let span = Duration::from_millis(2);
            return Journey { there: span, fault: Fault::Pass, back: span };
        }
        let mut dice = self.dice.lock();
        self.ambush(attempted, &mut dice);
        let fault = self.fault(attempted, &mut dice);
        if let Some(name) = name_of(fault) {
            self.world.weather.count(name);
            let Attempted { operation, key, .. } = attempted;
            self.world.event(format_args!("{}: {operation} of {key} meets {fault:?}", self.process));
        }
        let (from, to) = self.world.plan.latency;
        let mut journey = Journey { there: dice.span(from, to), fault, back: dice.span(from, to) };
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
        self.world.effect(&self.process, effect);
    }
}

/// An effect in a few words, for the trace.
pub(crate) fn describe(effect: &Effect<'_>) -> impl fmt::Display {
    let fault = if effect.is_repeat { "again ".to_owned() } else { String::new() };
    let late = if matches!(effect.fault, Fault::ApplyLater(_)) { "late " } else { "" };
    match effect.did {
        Did::Read { key, found } => format!("read {key} {}", if found { "found" } else { "missing" }),
        Did::Wrote { key, body, .. } => format!("{late}{fault}wrote {key} {:016x}", xxh3_64(body)),
        Did::Refused { key, body, .. } => format!("{late}{fault}refused {key} {:016x}", xxh3_64(body)),
        Did::Deleted { keys } => format!("{late}{fault}deleted {}", keys.join(" ")),
        Did::Listed { folder, count } => format!("listed {folder} {count}"),
    }
}
