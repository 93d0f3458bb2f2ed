//! One process over its incarnations: started, frozen, crashed, started again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use futures::future::select;
use parking_lot::Mutex;
use tidewell_env::{Env, Gate, Passage};
use tidewell_storage::Store;
use tidewell_wal::LogStores;

use crate::audit::Place;
use crate::breakage::Breakage;
use crate::dice::{Dice, derive};
use crate::disk::Disk;
use crate::gate::ProcessGate;
use crate::host::Host;
use crate::link::Link;
use crate::oracle::Who;
use crate::plan::Role;
use crate::race::Race;
use crate::time::ProcessClock;
use crate::violation::Invariant;
use crate::world::World;

/// How long a crashed process stays down at most.
const DOWN_MAX: Duration = Duration::from_secs(20);

/// A process and what outlives its crashes: its machine's clock and disk, and how much its clients still have to write.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) role: Role,
    pub(crate) world: Arc<World>,
    pub(crate) clock: Arc<ProcessClock>,
    pub(crate) disk: Disk,
    /// Writes that each client has still to make.
    pub(crate) writes_left: Vec<AtomicU64>,
    incarnation: AtomicU32,
    gate: Mutex<Arc<ProcessGate>>,
    host: Mutex<Option<Arc<Host>>>,
    /// Actors of this incarnation that have not ended.
    busy: AtomicU64,
    /// The number of folds in the history when this process last began one, while it is at it.
    folding: Mutex<Option<u64>>,
    /// Other verbs that it is at.
    verbs: AtomicU64,
    loses_power: AtomicBool,
}

impl Process {
    pub(crate) fn new(world: &Arc<World>, role: Role) -> Result<Arc<Self>, String> {
        let clients = role.actors.iter().filter(|actor| actor.is_client()).count();
        Ok(Arc::new(Self {
            clock: ProcessClock::new(world.time, role.skew_ns),
            disk: Disk::new(&role.name, world.plan.breakage != Breakage::SyncsNothing)
                .map_err(|error| error.to_string())?,
            writes_left: (0..clients).map(|_| AtomicU64::new(world.plan.writes_per_client)).collect(),
            incarnation: AtomicU32::new(0),
            gate: Mutex::new(ProcessGate::new()),
            host: Mutex::new(None),
            busy: AtomicU64::new(0),
            folding: Mutex::new(None),
            verbs: AtomicU64::new(0),
            loses_power: AtomicBool::new(false),
            world: Arc::clone(world),
            role,
        }))
    }

    pub(crate) fn name(&self) -> &str {
        &self.role.name
    }

    /// What it holds, once it has started.
    pub(crate) fn host(&self) -> Option<Arc<Host>> {
        self.host.lock().clone().filter(|_| self.gate.lock().passage() == Passage::Open)
    }

    /// Whether its actors have all ended.
    pub(crate) fn is_idle(&self) -> bool {
        self.host().is_some() && self.busy.load(Ordering::Relaxed) == 0
    }

    /// Whether its clients have written everything.
    pub(crate) fn is_done(&self) -> bool {
        self.writes_left.iter().all(|left| left.load(Ordering::Relaxed) == 0)
    }

    pub(crate) fn freeze(&self) {
        self.gate.lock().freeze();
    }

    pub(crate) fn thaw(&self) {
        self.gate.lock().thaw();
    }

    /// From here on it stays up.
    pub(crate) fn spare(&self) {
        self.gate.lock().put_out();
    }

    /// Kills it; with its machine's power, so that what was not on the disk is gone.
    pub(crate) fn crash(&self, loses_power: bool) {
        self.loses_power.store(loses_power, Ordering::Relaxed);
        self.gate.lock().close();
    }

    /// Runs an actor's future while counting it as busy.
    pub(crate) fn start(self: &Arc<Self>, env: &Env, actor: impl Future<Output = ()> + Send + 'static) {
        self.busy.fetch_add(1, Ordering::Relaxed);
        let process = Arc::clone(self);
        drop(env.spawn(async move {
            actor.await;
            process.busy.fetch_sub(1, Ordering::Relaxed);
        }));
    }

    /// A fold begins or ends.
    pub(crate) fn set_folding(&self, is_folding: bool) {
        *self.folding.lock() = is_folding.then(|| self.world.audit.lock().head().folds);
    }

    /// Does something as one of the verbs of upkeep.
    pub(crate) async fn during<T>(&self, verb: impl Future<Output = T>) -> T {
        self.verbs.fetch_add(1, Ordering::Relaxed);
        let outcome = verb.await;
        self.verbs.fetch_sub(1, Ordering::Relaxed);
        outcome
    }

    /// Lives until the run ends.
    pub(crate) async fn live(self: Arc<Self>) {
        let mut dice = self.world.dice(&format!("life of {}", self.name()));
        loop {
            let gate = ProcessGate::new();
            *self.gate.lock() = Arc::clone(&gate);
            self.boot(&gate);
            while !gate.is_closed() {
                gate.changed().await;
                if gate.passage() == Passage::Wait {
                    self.stay_frozen(&gate, &mut dice).await;
                }
            }
            self.bury(&mut dice).await;
        }
    }

    fn boot(self: &Arc<Self>, gate: &Arc<ProcessGate>) {
        let incarnation = self.incarnation.fetch_add(1, Ordering::Relaxed) + 1;
        self.world.event(format_args!("{} starts ({incarnation})", self.name()));
        let purpose = format!("env {} {incarnation}", self.name());
        let clock = Arc::clone(&self.clock) as Arc<dyn tidewell_env::Clock>;
        let env = Env::seeded(derive(self.world.seed, &purpose), clock).gated(Arc::clone(gate) as Arc<dyn Gate>);
        let through = |store: &Store, place| {
            let link = Link::new(&self.world, (self.name(), incarnation), place, gate);
            store.with_network(link).with_env(env.clone())
        };
        let store = through(&self.world.store, Place::Main);
        let replicas = self.world.replicas.iter().enumerate();
        let replicas = replicas.map(|(index, replica)| through(replica, Place::Replica(index))).collect();
        let log = LogStores::with_replicas(store, replicas);
        let process = Arc::clone(self);
        let doors = env.clone();
        drop(env.spawn(async move {
            let host = Arc::new(Host::boot(&process, incarnation, doors.clone(), log).await);
            *process.host.lock() = Some(Arc::clone(&host));
            for actor in &process.role.actors {
                let dice = process.world.dice(&format!("{actor:?} of {} {incarnation}", process.name()));
                process.start(&doors, actor.run(Arc::clone(&host), dice));
            }
        }));
    }

    async fn stay_frozen(&self, gate: &ProcessGate, dice: &mut Dice) {
        let (from, to) = self.world.plan.freeze;
        let span = dice.span(from, to);
        self.world.event(format_args!("{} freezes for {span:?}", self.name()));
        let folds = *self.folding.lock();
        let waited = select(Box::pin(self.world.env.sleep(span)), Box::pin(gate.changed())).await;
        drop(waited);
        let now_folds = self.world.audit.lock().head().folds;
        if folds.is_some_and(|folds| folds < now_folds) {
            self.world.reach(Race::ThawAfterFold);
        }
        self.world.event(format_args!("{} thaws", self.name()));
        gate.thaw();
    }

    /// What remains of a crashed process: nothing but its disk.
    async fn bury(&self, dice: &mut Dice) {
        self.world.event(format_args!("{} crashes", self.name()));
        if self.folding.lock().take().is_some() {
            self.world.reach(Race::CrashInFold);
        }
        if self.verbs.swap(0, Ordering::Relaxed) > 0 {
            self.world.reach(Race::CrashInVerb);
        }
        self.busy.store(0, Ordering::Relaxed);
        let incarnation = self.incarnation.load(Ordering::Relaxed);
        *self.host.lock() = None;
        // Tasks are dropped when they are next polled, and their locks with them.
        self.world.env.sleep(Duration::from_millis(1)).await;
        let who = Who { process: self.name().to_owned(), incarnation };
        self.world.oracle.lock().forget_memory(&who);
        let loses_power = self.loses_power.swap(false, Ordering::Relaxed);
        if let Err(error) = self.disk.tear(loses_power, dice) {
            self.world.broken(Invariant::Error, format!("{}: {error}", self.name()));
        }
        self.world.env.sleep(dice.span(Duration::from_millis(10), DOWN_MAX)).await;
    }

    /// Lets go of everything, so that the run can be dropped.
    pub(crate) fn end(&self) {
        *self.host.lock() = None;
    }
}
