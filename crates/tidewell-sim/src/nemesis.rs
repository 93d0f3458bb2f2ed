//! What goes wrong with machines and with the store as a whole, from time to time.

use std::sync::Arc;
use std::time::Duration;

use crate::dice::Dice;
use crate::process::Process;
use crate::race::Race;
use crate::world::World;

const CLOCK_JUMP_MAX: Duration = Duration::from_secs(3_600);
const BAD_WEATHER_MAX: Duration = Duration::from_secs(30);

/// Troubles the run until its storm ends.
pub(crate) async fn run(world: Arc<World>) {
    let mut dice = world.dice("nemesis");
    while world.is_storm() {
        let (from, to) = world.plan.trouble;
        world.env.sleep(dice.span(from, to)).await;
        let processes = world.processes.lock().clone();
        let index = dice.between(0, processes.len() as u64) as usize;
        if let Some(process) = processes.get(index).filter(|_| world.is_storm()) {
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
    process.clock.jump(by);
}
