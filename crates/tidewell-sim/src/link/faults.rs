//! What may befall a request.

use std::time::Duration;

use tidewell_storage::{Attempted, Fault, Operation};

use super::Link;
use crate::audit::Place;
use crate::breakage::Breakage;
use crate::dice::Dice;
use crate::plan::{FaultRates, ReplicaTrouble};
use crate::world::World;

/// Late effects come up to this much later.
const LATE_MAX: Duration = Duration::from_secs(30 * 86_400);

impl Link {
    pub(super) fn fault(&self, attempted: &Attempted<'_>, dice: &mut Dice) -> Fault {
        let World { weather, plan, .. } = &*self.world;
        let now = self.world.now();
        let rates = match (self.place, plan.replicas) {
            (Place::Replica(index), _) if weather.is_down(index, now) => return Fault::FailBefore,
            (Place::Replica(index), Some(replicas))
                if replicas.trouble == ReplicaTrouble::Wiped && replicas.troubled != index =>
            {
                // What the wiped one loses must be on the two others.
                FaultRates {
                    apply_then_lose: plan.faults.apply_then_lose,
                    twice: plan.faults.twice,
                    ..FaultRates::default()
                }
            }
            (Place::Replica(_), _) => plan.faults.clone(),
            (Place::Main, _) => {
                if weather.is_denied(&self.process, now) {
                    return Fault::Denied;
                }
                if weather.is_throttled(now) && dice.chance(0.7) {
                    return Fault::FailBefore;
                }
                plan.faults.clone()
            }
        };
        let is_create = attempted.operation == Operation::Create;
        match plan.breakage {
            Breakage::IgnoresConditions if is_create => return Fault::IgnoreCondition,
            Breakage::Forgets if is_create && dice.chance(0.02) => return Fault::Forget,
            _ => {}
        }
        let candidates = candidates(attempted.operation, &rates, dice);
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

pub(super) fn name_of(fault: Fault) -> Option<&'static str> {
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
        Fault::Blind => "object hidden",
    })
}
