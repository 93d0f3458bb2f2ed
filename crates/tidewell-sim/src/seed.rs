//! One seed's run: a storm, the calm after it, and the end of everything that was still on its way.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::select;

use crate::breakage::Breakage;
use crate::calm;
use crate::nemesis;
use crate::plan::Plan;
use crate::process::Process;
use crate::race::Coverage;
use crate::violation::{Invariant, Violation};
use crate::world::{World, count_panics};

/// The end of the storm is looked for so often within the longest pause.
const LOOKS_PER_PAUSE: u32 = 8;

/// What came of one seed.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// The first thing that did not hold, if any.
    pub violation: Option<Violation>,
    /// A hash of everything that happened: the same for the same seed.
    pub trace: u64,
    /// How many events the hash is of.
    pub events: u64,
    /// How long the run was, in its own time.
    pub simulated: Duration,
    /// Writes, and how many of them were acknowledged.
    pub writes: (usize, usize),
    /// Commits in the history.
    pub commits: u64,
    /// Faults by kind.
    pub faults: BTreeMap<&'static str, u64>,
    /// Races reached.
    pub races: Coverage,
}

/// How a seed is run.
#[derive(Clone, Copy, Debug, Default)]
pub struct SeedOptions {
    /// How the store or a process breaks the protocol's assumptions; for runs that must be caught.
    pub breakage: Breakage,
    /// Whether every event goes to standard error.
    pub prints: bool,
}

/// Runs one seed on this thread, alone and in virtual time.
///
/// # Panics
/// When the machine cannot give a runtime, a store in memory or a folder for a disk.
#[must_use]
#[allow(clippy::expect_used, reason = "a development crate that can do nothing without them")]
pub fn run_seed(seed: u64, options: SeedOptions) -> Outcome {
    count_panics();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let plan = Plan::of(seed, options.breakage);
    runtime.block_on(async {
        let world = World::new(seed, plan, options.prints).await.expect("a store in memory");
        let disks = world.plan.roles.iter().map(|role| Process::new(&world, role.clone()));
        let processes = disks.collect::<Result<Vec<_>, _>>().expect("a folder for each disk");
        *world.processes.lock() = processes.clone();
        let stopped = Box::pin(world.stopped());
        select(Box::pin(live(&world, &processes)), stopped).await;
        let outcome = conclude(&world);
        world.processes.lock().clear();
        processes.iter().for_each(|process| process.end());
        outcome
    })
}

async fn live(world: &Arc<World>, processes: &[Arc<Process>]) {
    for process in processes {
        drop(world.env.spawn(Arc::clone(process).live()));
    }
    let nemesis = world.env.spawn(nemesis::run(Arc::clone(world)));
    while world.now() < world.plan.storm && !processes.iter().all(|process| process.is_done()) {
        world.env.sleep(world.plan.pause.1 / LOOKS_PER_PAUSE).await;
    }
    nemesis.abort();
    calm::follow(world, processes).await;
}

fn conclude(world: &World) -> Outcome {
    let violation = world.verdict();
    let (trace, events) = world.trace_sum();
    let (writes, acked) = world.oracle.lock().totals();
    if violation.is_none() && acked == 0 {
        world.broken(Invariant::Liveness, "no write was ever acknowledged");
    }
    let commits = world.audit.lock().head().version.get();
    Outcome {
        seed: world.seed,
        violation: world.verdict(),
        trace,
        events,
        simulated: world.now(),
        writes: (writes, acked),
        commits,
        faults: world.weather.counts(),
        races: world.races(),
    }
}
