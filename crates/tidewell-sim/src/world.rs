//! What all processes of a run share: the stores, the time, the book, and the verdict.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tidewell_env::Env;
use tidewell_manifest::State;
use tidewell_storage::{DatabaseLayout, Effect, Prefix, Store, StoreOptions, StoreUrl};
use tidewell_types::{DatabaseName, StoreId, TableName, TimestampNs, Version};
use tokio::sync::Notify;

use crate::audit::{Audit, Findings, Place};
use crate::dice::{Dice, derive};
use crate::oracle::{EVENTS, Oracle};
use crate::plan::Plan;
use crate::process::Process;
use crate::race::{Coverage, Race};
use crate::time::{ProcessClock, SimTime, WALL_START_NS};
use crate::trace::Trace;
use crate::violation::{Invariant, Violation};
use crate::weather::Weather;

/// The database of every run.
pub(crate) const DATABASE: &str = "sim";

/// The most by which pauses grow while nobody writes.
const QUIET_FACTOR_MAX: f64 = 30.0;

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
    /// The stores themselves, which never fail: the one that holds everything, and those with copies of the log.
    pub(crate) store: Store,
    pub(crate) replicas: Vec<Store>,
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
    calmed: Notify,
    late: AtomicU64,
    /// When a client last wrote, in milliseconds.
    written_ms: AtomicU64,
    /// The furthest that any wall clock was ahead.
    skew_max_ns: AtomicI64,
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
    /// Empty stores and a plan; within a runtime whose clock is paused.
    pub(crate) async fn new(seed: u64, plan: Plan, prints: bool) -> Result<Arc<Self>, String> {
        let time = SimTime::start();
        let env = Env::seeded(derive(seed, "network"), ProcessClock::new(time, 0));
        let open = || Store::open(&StoreUrl::Memory, env.clone(), &StoreOptions::default());
        let store = open().map_err(|error| error.to_string())?;
        let replica_count = plan.replicas.map_or(0, |replicas| replicas.count);
        let replicas: Result<Vec<Store>, _> = (0..replica_count).map(|_| open()).collect();
        let format = store.ensure_format().await.map_err(|error| error.to_string())?;
        let layout = DatabaseLayout::new(&database());
        let oracle = Oracle::new(plan.clocks_lie, plan.faults.race_list > 0.0);
        let skew_max_ns = plan.roles.iter().map(|role| role.skew_ns).max().unwrap_or(0).max(0);
        Ok(Arc::new(Self {
            seed,
            time,
            env: env.clone(),
            store,
            replicas: replicas.map_err(|error| error.to_string())?,
            store_id: format.store_id,
            weather: Weather::default(),
            audit: Mutex::new(Audit::new(layout.clone(), replica_count)),
            oracle: Mutex::new(oracle),
            layout,
            processes: Mutex::default(),
            trace: Trace::new(prints),
            races: Mutex::default(),
            violation: Mutex::default(),
            panics: PANICS.with(Cell::get),
            is_calm: AtomicBool::new(false),
            is_settled: AtomicBool::new(false),
            calmed: Notify::new(),
            skew_max_ns: AtomicI64::new(skew_max_ns),
            unknown: Mutex::default(),
            late: AtomicU64::new(0),
            written_ms: AtomicU64::new(0),
            stopped: Notify::new(),
            plan,
        }))
    }

    pub(crate) fn now(&self) -> Duration {
        self.time.now()
    }

    /// The latest instant that any wall clock may have shown by now, nanoseconds.
    fn wall_max_ns(&self) -> i64 {
        let elapsed_ns = i64::try_from(self.now().as_nanos()).unwrap_or(i64::MAX);
        WALL_START_NS + elapsed_ns + self.skew_max_ns.load(Ordering::Relaxed)
    }

    /// A wall clock is so far ahead.
    pub(crate) fn note_skew(&self, skew_ns: i64) {
        self.skew_max_ns.fetch_max(skew_ns, Ordering::Relaxed);
    }

    /// A client writes.
    pub(crate) fn note_write(&self) {
        self.written_ms.store(u64::try_from(self.now().as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// How much slower life goes on while nobody writes: what there is to do has been done by then.
    pub(crate) fn quiet_factor(&self) -> u32 {
        let quiet = self.now().saturating_sub(Duration::from_millis(self.written_ms.load(Ordering::Relaxed)));
        let pauses = quiet.as_secs_f64() / self.plan.pause.1.as_secs_f64().max(1e-3);
        1 + (pauses / 2.0).min(QUIET_FACTOR_MAX) as u32
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
        self.calmed.notify_waiters();
    }

    /// Waits until the storm is over.
    pub(crate) async fn calmed(&self) {
        let calmed = self.calmed.notified();
        if self.is_storm() {
            calmed.await;
        }
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

    /// The instant below which rows of the table that expires need not be there, nanoseconds.
    pub(crate) fn floor_ns(&self) -> i64 {
        let table = TableName::new(EVENTS).ok();
        let floor = table.and_then(|table| self.audit.lock().head().time_floor(&table));
        floor.map_or(i64::MIN, TimestampNs::as_ns)
    }

    /// A store did something for a process.
    pub(crate) fn effect(&self, process: &str, place: Place, effect: &Effect<'_>) {
        self.event(format_args!("{process}: {}", crate::link::describe(place, effect)));
        if effect.is_repeat || matches!(effect.fault, tidewell_storage::Fault::ApplyLater(_)) {
            self.late.fetch_add(1, Ordering::Relaxed);
        }
        let findings = self.audit.lock().effect(process, place, effect);
        self.take(process, findings);
    }

    fn take(&self, process: &str, findings: Findings) {
        let Findings { broken, reached, folded, deletes, forgot, floors } = findings;
        reached.into_iter().for_each(|race| self.reach(race));
        if forgot {
            let head = Arc::clone(self.audit.lock().head());
            self.oracle.lock().forget_keys(|token| head.has_forgotten(token));
        }
        for rows in folded {
            let (reached, twice) = self.oracle.lock().folded(&rows, self.now());
            reached.into_iter().for_each(|race| self.reach(race));
            if let Some(number) = twice.first() {
                self.broken(Invariant::ExactlyOnce, format!("{process}: write {number} was folded twice"));
            }
        }
        for start in deletes {
            let reached = self.oracle.lock().deleted(start.as_ns(), self.now());
            reached.into_iter().for_each(|race| self.reach(race));
        }
        for (table, floor, retention_ms) in floors {
            let age_ns = i128::from(self.wall_max_ns()) - i128::from(floor.as_ns());
            if retention_ms == 0 || age_ns < i128::from(retention_ms) * 1_000_000 {
                let what = format!("{process}: rows of {table} end after {age_ns} ns, not after {retention_ms} ms");
                self.broken(Invariant::Conservation, what);
            }
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

    /// One of the stores with copies of the log loses everything.
    pub(crate) async fn wipe(&self, index: usize) {
        let Some(store) = self.replicas.get(index) else { return };
        self.reach(Race::StoreWiped);
        let listed = store.list(&Prefix::databases()).await.unwrap_or_default();
        let names: Vec<_> =
            listed.iter().filter_map(|object| tidewell_storage::ObjectName::foreign(&object.key)).collect();
        self.audit.lock().wiped(index);
        if let Err(error) = store.delete(&names).await {
            self.broken(Invariant::Error, format!("a store in memory fails: {error}"));
        }
    }
}

/// The database of every run.
#[allow(clippy::expect_used, reason = "a constant name")]
pub(crate) fn database() -> DatabaseName {
    DatabaseName::new(DATABASE).expect("a valid name")
}
