//! What all processes of a run share: the store, the time, the book, and the verdict.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tidewell_env::Env;
use tidewell_manifest::State;
use tidewell_storage::{DatabaseLayout, Effect, Store, StoreOptions, StoreUrl};
use tidewell_types::{DatabaseName, StoreId, Version};
use tokio::sync::Notify;

use crate::audit::{Audit, Findings};
use crate::dice::{Dice, derive};
use crate::oracle::Oracle;
use crate::plan::Plan;
use crate::process::Process;
use crate::race::{Coverage, Race};
use crate::time::{ProcessClock, SimTime};
use crate::trace::Trace;
use crate::violation::{Invariant, Violation};
use crate::weather::Weather;

/// The database of every run.
pub(crate) const DATABASE: &str = "sim";

thread_local! {
    /// Panics on this thread; tasks catch theirs, and the simulation must hear of them.
    static PANICS: Cell<u64> = const { Cell::new(0) };
}

/// Counts panics of this thread from here on; the usual message still goes out.
pub(crate) fn count_panics() {
    static HOOK: std::sync::Once = std::sync::Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            PANICS.with(|panics| panics.set(panics.get() + 1));
            usual(info);
        }));
    });
}

/// One run.
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) plan: Plan,
    pub(crate) time: SimTime,
    /// The network's doors: what runs with them belongs to no process.
    pub(crate) env: Env,
    /// The store itself, which never fails.
    pub(crate) store: Store,
    pub(crate) store_id: StoreId,
    pub(crate) layout: DatabaseLayout,
    pub(crate) weather: Weather,
    pub(crate) audit: Mutex<Audit>,
    pub(crate) oracle: Mutex<Oracle>,
    pub(crate) processes: Mutex<Vec<Arc<Process>>>,
    trace: Trace,
    races: Mutex<Coverage>,
    violation: Mutex<Option<Violation>>,
    panics: u64,
    is_calm: AtomicBool,
    is_settled: AtomicBool,
    late: AtomicU64,
    /// Commits whose outcome stayed unknown, by process.
    unknown: Mutex<Vec<(String, Version)>>,
    stopped: Notify,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("seed", &self.seed).finish_non_exhaustive()
    }
}

impl World {
    /// An empty store and a plan; within a runtime whose clock is paused.
    pub(crate) async fn new(seed: u64, plan: Plan, prints: bool) -> Result<Arc<Self>, String> {
        let time = SimTime::start();
        let env = Env::seeded(derive(seed, "network"), ProcessClock::new(time, 0));
        let store = Store::open(&StoreUrl::Memory, env.clone(), &StoreOptions::default());
        let store = store.map_err(|error| error.to_string())?;
        let format = store.ensure_format().await.map_err(|error| error.to_string())?;
        let layout = DatabaseLayout::new(&database());
        let oracle = Oracle::new(plan.clocks_lie, plan.faults.race_list > 0.0);
        Ok(Arc::new(Self {
            seed,
            time,
            env,
            store,
            store_id: format.store_id,
            weather: Weather::default(),
            audit: Mutex::new(Audit::new(layout.clone())),
            oracle: Mutex::new(oracle),
            layout,
            processes: Mutex::default(),
            trace: Trace::new(prints),
            races: Mutex::default(),
            violation: Mutex::default(),
            panics: PANICS.with(Cell::get),
            is_calm: AtomicBool::new(false),
            is_settled: AtomicBool::new(false),
            unknown: Mutex::default(),
            late: AtomicU64::new(0),
            stopped: Notify::new(),
            plan,
        }))
    }

    pub(crate) fn now(&self) -> Duration {
        self.time.now()
    }

    pub(crate) fn dice(&self, purpose: &str) -> Dice {
        Dice::new(self.seed, purpose)
    }

    /// Whether things still go wrong and clients still write.
    pub(crate) fn is_storm(&self) -> bool {
        !self.is_calm.load(Ordering::Relaxed) && !self.is_broken()
    }

    /// From here on nothing new goes wrong.
    pub(crate) fn calm(&self) {
        self.event(format_args!("calm"));
        self.is_calm.store(true, Ordering::Relaxed);
    }

    /// Everything that began in the storm has ended: from here on nothing may fail.
    pub(crate) fn settled(&self) {
        self.event(format_args!("settled"));
        self.is_settled.store(true, Ordering::Relaxed);
    }

    /// Whether a request may fail.
    pub(crate) fn may_fail(&self) -> bool {
        !self.is_settled.load(Ordering::Relaxed)
    }

    /// A process never heard what became of its commit.
    pub(crate) fn unknown_commit(&self, process: &str, version: Version) {
        self.unknown.lock().push((process.to_owned(), version));
    }

    /// Counts those of them that are in the history.
    pub(crate) fn resolve_unknown(&self) {
        for (process, version) in std::mem::take(&mut *self.unknown.lock()) {
            let landed = self.audit.lock().made(&process, version);
            if landed {
                self.reach(Race::UnknownCommitLanded);
            }
        }
    }

    pub(crate) fn event(&self, what: fmt::Arguments<'_>) {
        self.trace.event(self.now(), what);
    }

    pub(crate) fn trace_sum(&self) -> (u64, u64) {
        self.trace.sum()
    }

    pub(crate) fn reach(&self, race: Race) {
        self.races.lock().reach(race);
        self.event(format_args!("race {race:?}"));
    }

    pub(crate) fn races(&self) -> Coverage {
        self.races.lock().clone()
    }

    /// Something does not hold; the first one counts and ends the run.
    pub(crate) fn broken(&self, invariant: Invariant, what: impl Into<String>) {
        let violation = Violation { invariant, what: what.into(), at: self.now() };
        self.event(format_args!("BROKEN {violation}"));
        self.violation.lock().get_or_insert(violation);
        self.stopped.notify_one();
    }

    pub(crate) fn is_broken(&self) -> bool {
        self.violation.lock().is_some()
    }

    /// What did not hold, if anything.
    pub(crate) fn verdict(&self) -> Option<Violation> {
        if PANICS.with(Cell::get) != self.panics {
            self.broken(Invariant::Panic, "a task panicked; its message is on standard error");
        }
        self.violation.lock().clone()
    }

    /// Waits until something does not hold.
    pub(crate) async fn stopped(&self) {
        self.stopped.notified().await;
    }

    /// Effects so far that came later than their requests.
    pub(crate) fn late_effects(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }

    /// The store did something for a process.
    pub(crate) fn effect(&self, process: &str, effect: &Effect<'_>) {
        self.event(format_args!("{process}: {}", crate::link::describe(effect)));
        if effect.is_repeat || matches!(effect.fault, tidewell_storage::Fault::ApplyLater(_)) {
            self.late.fetch_add(1, Ordering::Relaxed);
        }
        let Findings { broken, reached, folded } = self.audit.lock().effect(process, effect);
        reached.into_iter().for_each(|race| self.reach(race));
        for rows in folded {
            let reached = self.oracle.lock().folded(&rows, self.now());
            reached.into_iter().for_each(|race| self.reach(race));
        }
        broken.into_iter().for_each(|(invariant, what)| self.broken(invariant, format!("{process}: {what}")));
    }

    /// A process holds this state: it must be the history's.
    pub(crate) fn check_state(&self, process: &str, state: &State) {
        let checked = self.audit.lock().check_state(state);
        if let Err(what) = checked {
            self.broken(Invariant::Reported, format!("{process}: {what}"));
        }
    }
}

/// The database of every run.
#[allow(clippy::expect_used, reason = "a constant name")]
pub(crate) fn database() -> DatabaseName {
    DatabaseName::new(DATABASE).expect("a valid name")
}
