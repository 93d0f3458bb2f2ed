//! What a seed decides before anything runs: which processes there are, what goes wrong, and how fast life is.

mod roles;

use std::time::Duration;

use tidewell_wal::AckLevel;

use crate::actors::Actor;
use crate::breakage::Breakage;
use crate::dice::Dice;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// Pauses between troubles, how long processes are frozen, and how long the storm lasts: in a run of minutes, and of weeks.
type Weather = ((Duration, Duration), (Duration, Duration), Duration);
const DENSE: Weather = (
    (Duration::from_millis(200), Duration::from_secs(8)),
    (Duration::from_millis(200), Duration::from_mins(5)),
    Duration::from_mins(10),
);
const SPARSE: Weather = ((HOUR, DAY), (MINUTE, Duration::from_hours(20 * 24)), Duration::from_hours(40 * 24));

/// One process of the run.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    pub(crate) name: String,
    /// When its writes are acknowledged; `None` where it takes none.
    pub(crate) level: Option<AckLevel>,
    /// What it does.
    pub(crate) actors: Vec<Actor>,
    /// How far its wall clock is off at the start.
    pub(crate) skew_ns: i64,
}

/// How likely each fault is, for one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct FaultRates {
    pub(crate) fail_before: f64,
    pub(crate) apply_then_lose: f64,
    pub(crate) apply_later: f64,
    pub(crate) twice: f64,
    pub(crate) conflict: f64,
    pub(crate) denied: f64,
    pub(crate) hang: f64,
    pub(crate) damage: f64,
    pub(crate) leave_some: f64,
    pub(crate) race_list: f64,
}

impl FaultRates {
    /// Whether bytes may arrive damaged, so that processes may call them so.
    pub(crate) fn damages(&self) -> bool {
        self.damage > 0.0
    }
}

/// What happens to the one troubled store among three that hold copies of the log. The others may fail too, but never lose
/// anything, and where one is wiped they always answer: a majority is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplicaTrouble {
    /// It is down for spells, and all of them meet the faults of the main store.
    Down,
    /// It is down for spells, and comes back empty.
    Wiped,
}

/// Copies of the log in other stores.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Replicas {
    pub(crate) count: usize,
    pub(crate) troubled: usize,
    pub(crate) trouble: ReplicaTrouble,
}

/// How the verbs are set.
#[derive(Clone, Debug)]
pub(crate) struct Upkeep {
    pub(crate) generation_ms: u64,
    pub(crate) seal_after_ms: u64,
    pub(crate) reader_grace_ms: u64,
    pub(crate) retention_ms: u64,
    pub(crate) cold_after: Duration,
    pub(crate) segment_rows_max: u64,
    pub(crate) inputs_max: usize,
    /// Segments of one list, and those that a table keeps outside of lists; `None` for the product's own, which no run
    /// reaches.
    pub(crate) lists: Option<(usize, usize)>,
}

/// Everything that a seed decides at the start.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) roles: Vec<Role>,
    pub(crate) replicas: Option<Replicas>,
    pub(crate) upkeep: Upkeep,
    /// Pauses between a client's writes, a fold and the next, and so on.
    pub(crate) pause: (Duration, Duration),
    /// How long a request is on its way, one way.
    pub(crate) latency: (Duration, Duration),
    pub(crate) writes_per_client: u64,
    /// The share of writes that have an idempotency key.
    pub(crate) key_share: f64,
    pub(crate) faults: FaultRates,
    /// Pauses between a crash, a freeze or a jump and the next.
    pub(crate) trouble: (Duration, Duration),
    pub(crate) freeze: (Duration, Duration),
    /// The probability that writing a commit, a log entry or the floor freezes or crashes the process; for other requests
    /// of these objects a tenth of it.
    pub(crate) ambush: f64,
    /// Whether wall clocks differ or jump; then processes may disagree on the order of writes.
    pub(crate) clocks_lie: bool,
    /// How long a log entry is on its way at most, where that is longer than other requests are: then many of them arrive in
    /// generations that are being sealed.
    pub(crate) upload_max: Duration,
    pub(crate) breakage: Breakage,
    /// When the storm ends at the latest.
    pub(crate) storm: Duration,
}

impl Plan {
    pub(crate) fn of(seed: u64, breakage: Breakage) -> Self {
        let mut dice = Dice::new(seed, "plan");
        let is_sparse = dice.chance(0.2);
        let clocks_lie = dice.chance(0.3);
        let faults = faults(&mut dice, breakage);
        let replicas = dice.chance(0.3).then(|| Replicas {
            count: 3,
            troubled: dice.between(0, 3) as usize,
            trouble: if dice.chance(0.5) { ReplicaTrouble::Down } else { ReplicaTrouble::Wiped },
        });
        let mut roles = roles::roles(&mut dice, replicas.is_some(), breakage);
        if clocks_lie {
            let bound_ns = dice.span(Duration::from_secs(1), HOUR).as_nanos() as u64;
            for role in &mut roles {
                role.skew_ns = dice.between(0, 2 * bound_ns) as i64 - bound_ns as i64;
            }
        }
        let milli = Duration::from_millis;
        let (pause, (trouble, freeze, storm)) = match is_sparse {
            true => ((MINUTE, Duration::from_hours(6)), SPARSE),
            false => ((milli(10), milli(4_000)), DENSE),
        };
        let mut plan = Self {
            roles,
            replicas,
            upkeep: upkeep(&mut dice, is_sparse),
            pause,
            latency: (milli(1), milli(dice.between(5, 200))),
            writes_per_client: dice.between(6, 14),
            key_share: dice.pick(&[0.0, 0.2, 0.6]).unwrap_or(0.0),
            faults,
            trouble,
            freeze,
            ambush: if dice.chance(0.7) { 0.06 } else { 0.0 },
            clocks_lie,
            upload_max: Duration::ZERO,
            breakage,
            storm,
        };
        plan.favour(breakage);
        plan
    }

    /// Makes a breakage show within few seeds.
    fn favour(&mut self, breakage: Breakage) {
        let milli = Duration::from_millis;
        match breakage {
            Breakage::ForgetsTokens => self.key_share = 1.0,
            Breakage::AcksUnknown => {
                self.faults = FaultRates { fail_before: 0.5, hang: 0.1, ..FaultRates::default() };
            }
            Breakage::ShowsSealing | Breakage::SealsAtOnce | Breakage::AcksUnchecked => {
                self.faults = FaultRates::default();
                (self.pause, self.latency, self.ambush) = ((milli(10), milli(1_000)), (milli(1), milli(300)), 0.0);
                (self.trouble, self.freeze, self.storm) = DENSE;
                (self.upkeep.generation_ms, self.upkeep.seal_after_ms) = (500, 500);
                (self.upload_max, self.replicas) = (milli(5_000), None);
                let quorum = self.roles.iter_mut().filter(|role| role.level == Some(AckLevel::Quorum));
                quorum.for_each(|role| role.level = Some(AckLevel::Object));
                self.writes_per_client *= 3;
            }
            _ => {}
        }
    }
}

fn upkeep(dice: &mut Dice, is_sparse: bool) -> Upkeep {
    let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let second = Duration::from_secs(1);
    let (generation, retention) =
        if is_sparse { ((HOUR, 3 * DAY), (DAY, 20 * DAY)) } else { ((2 * second, 30 * second), (MINUTE, 6 * MINUTE)) };
    Upkeep {
        generation_ms: millis(dice.span(generation.0, generation.1)),
        seal_after_ms: millis(dice.span(generation.0, generation.1)),
        reader_grace_ms: if dice.chance(0.3) { 0 } else { millis(dice.span(second, generation.1)) },
        retention_ms: millis(dice.span(retention.0, retention.1)),
        cold_after: dice.span(HOUR, 3 * DAY),
        segment_rows_max: dice.between(4, 200),
        inputs_max: dice.between(2, 12) as usize,
        lists: dice.chance(0.6).then(|| (dice.between(2, 6) as usize, dice.between(1, 6) as usize)),
    }
}

/// Every kind of fault is on or off, and as harsh as the seed: runs with all of them at once reach less.
fn faults(dice: &mut Dice, breakage: Breakage) -> FaultRates {
    let harshness = dice.pick(&[0.0, 0.01, 0.03, 0.07]).unwrap_or(0.03);
    let mut rate = |share: f64| if dice.chance(0.5) { harshness * share } else { 0.0 };
    let rates = FaultRates {
        fail_before: rate(1.0),
        apply_then_lose: rate(1.0),
        apply_later: rate(1.0),
        twice: rate(0.5),
        conflict: rate(1.0),
        denied: rate(0.1),
        hang: rate(0.3),
        damage: rate(0.3),
        leave_some: rate(2.0),
        race_list: rate(1.0),
    };
    // A store that is wrong needs no further faults.
    if breakage == Breakage::IgnoresConditions { FaultRates::default() } else { rates }
}
