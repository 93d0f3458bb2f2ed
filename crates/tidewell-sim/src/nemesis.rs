//! What goes wrong with machines and with the stores as a whole, from time to time.

use std::sync::Arc;
use std::time::Duration;

use crate::dice::Dice;
use crate::plan::ReplicaTrouble;
use crate::process::Process;
use crate::race::Race;
use crate::world::World;

const CLOCK_JUMP_MAX: Duration = Duration::from_secs(3_600);
const BAD_WEATHER_MAX: Duration = Duration::from_secs(30);
/// How long a store is down before it comes back empty: what is on its way to the others has arrived by then.
const DOWN_MIN: Duration = Duration::from_secs(30);
const DOWN_MAX: Duration = Duration::from_secs(90);

/// Troubles the run until its storm ends.
pub(crate) async fn run(world: Arc<World>) {
    let mut dice = world.dice("nemesis");
    while world.is_storm() {
        let (from, to) = world.plan.trouble;
        world.env.sleep(dice.span(from, to)).await;
        if !world.is_storm() {
            return;
        }
        if world.plan.replicas.is_some() && dice.chance(0.1) {
            trouble_replica(&world, &mut dice);
            continue;
        }
        let processes = world.processes.lock().clone();
        let index = dice.between(0, processes.len() as u64) as usize;
        if let Some(process) = processes.get(index) {
            trouble(&world, process, &mut dice);
        }
    }
}

fn trouble(world: &World, process: &Process, dice: &mut Dice) {
    let until = world.now() + dice.span(Duration::from_millis(100), BAD_WEATHER_MAX);
    match dice.between(0, 10) {
        0..3 => process.freeze(),
        3..5 => process.crash(false),
        5 => process.crash(true),
        6 => {
            world.event(format_args!("throttled"));
            world.weather.throttle(until);
        }
        7 => {
            world.event(format_args!("{} is denied", process.name()));
            world.weather.deny(process.name(), until);
        }
        _ if world.plan.clocks_lie => jump(world, process, dice),
        _ => process.freeze(),
    }
}

fn jump(world: &World, process: &Process, dice: &mut Dice) {
    let by = dice.span(Duration::from_millis(10), CLOCK_JUMP_MAX).as_nanos() as i64;
    let by = if dice.chance(0.5) { -by } else { by };
    if by < 0 {
        world.reach(Race::ClockBack);
    }
    world.event(format_args!("the clock of {} jumps by {by} ns", process.name()));
    world.note_skew(process.clock.jump(by));
}

/// The troubled one of the stores that hold the log is down for a while, and may come back empty.
fn trouble_replica(world: &Arc<World>, dice: &mut Dice) {
    let Some(replicas) = world.plan.replicas else { return };
    let (index, span) = (replicas.troubled, dice.span(DOWN_MIN, DOWN_MAX));
    if world.weather.is_down(index, world.now()) {
        return;
    }
    world.event(format_args!("copy {index} is down for {span:?}"));
    // One that comes back empty is emptied while nobody reaches it.
    world.weather.take_down(index, world.now() + span + Duration::from_secs(1));
    if replicas.trouble == ReplicaTrouble::Wiped {
        let world = Arc::clone(world);
        drop(world.env.clone().spawn(async move {
            world.env.sleep(span).await;
            if world.is_storm() {
                world.wipe(index).await;
            }
        }));
    }
}
