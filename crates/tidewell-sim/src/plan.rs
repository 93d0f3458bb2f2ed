//! What a seed decides before anything runs: which processes there are, what goes wrong, and how fast life is.

use std::time::Duration;

use tidewell_wal::AckLevel;

use crate::actors::Actor;
use crate::dice::Dice;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

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

/// How a store misbehaves beyond what the protocol bears; for runs that must be caught.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Breakage {
    /// Not at all.
    #[default]
    None,
    /// It does not know conditions: a create overwrites.
    IgnoresConditions,
    /// It answers that it has written and sometimes has not.
    Forgets,
    /// Records are deleted without raising the floor first.
    SkipsFloor,
    /// Segments that no commit names yet are deleted because they are there for a while.
    CollectsByAge,
    /// Readers read the committed view before they list the log.
    ReadsViewFirst,
    /// Clients take an unknown outcome for an acknowledgement.
    AcksUnknown,
}

/// Everything that a seed decides at the start.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) roles: Vec<Role>,
    /// Pauses between a client's writes, a fold and the next, and so on.
    pub(crate) pause: (Duration, Duration),
    /// How long a request is on its way, one way.
    pub(crate) latency: (Duration, Duration),
    pub(crate) writes_per_client: u64,
    pub(crate) faults: FaultRates,
    /// Pauses between a crash, a freeze or a jump and the next.
    pub(crate) trouble: (Duration, Duration),
    pub(crate) freeze: (Duration, Duration),
    /// The probability that writing a commit, a log entry or the floor freezes or crashes the process; for other requests
    /// of these objects a tenth of it.
    pub(crate) ambush: f64,
    /// Whether wall clocks differ or jump; then processes may disagree on the order of writes.
    pub(crate) clocks_lie: bool,
    pub(crate) breakage: Breakage,
    /// When the storm ends at the latest.
    pub(crate) storm: Duration,
}

impl Plan {
    pub(crate) fn of(seed: u64, breakage: Breakage) -> Self {
        let mut dice = Dice::new(seed, "plan");
        let is_sparse = dice.chance(0.3);
        let clocks_lie = dice.chance(0.3);
        let faults = faults(&mut dice, breakage);
        let mut roles = roles(&mut dice, breakage);
        if clocks_lie {
            let bound_ns = dice.span(Duration::from_secs(1), HOUR).as_nanos() as u64;
            for role in &mut roles {
                role.skew_ns = dice.between(0, 2 * bound_ns) as i64 - bound_ns as i64;
            }
        }
        let milli = Duration::from_millis;
        let (pause, trouble, freeze, storm) = if is_sparse {
            ((MINUTE, 6 * HOUR), (HOUR, DAY), (MINUTE, 20 * DAY), 40 * DAY)
        } else {
            ((milli(10), milli(4_000)), (milli(200), milli(8_000)), (milli(200), 5 * MINUTE), 10 * MINUTE)
        };
        Self {
            roles,
            pause,
            latency: (milli(1), milli(dice.between(5, 200))),
            writes_per_client: dice.between(8, 20),
            faults,
            trouble,
            freeze,
            ambush: if dice.chance(0.7) { 0.06 } else { 0.0 },
            clocks_lie,
            breakage,
            storm,
        }
    }
}

/// Every kind of fault is on or off, and as harsh as the seed: runs with all of them at once reach less.
fn faults(dice: &mut Dice, breakage: Breakage) -> FaultRates {
    if breakage == Breakage::IgnoresConditions {
        return FaultRates::default();
    }
    let harshness = dice.pick(&[0.0, 0.02, 0.05, 0.1]).unwrap_or(0.05);
    let mut rate = |share: f64| if dice.chance(0.5) { harshness * share } else { 0.0 };
    FaultRates {
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
    }
}

fn roles(dice: &mut Dice, breakage: Breakage) -> Vec<Role> {
    let mut roles = Vec::new();
    let mut add = |name: String, level, actors| roles.push(Role { name, level, actors, skew_ns: 0 });
    for number in 0..dice.between(1, 4) {
        let mut actors = vec![Actor::Client(0), Actor::Folder];
        actors.extend((1..dice.between(1, 3)).map(|client| Actor::Client(client as u32)));
        actors.extend(dice.chance(0.5).then_some(Actor::Reader));
        add(format!("server{number}"), Some(AckLevel::Object), actors);
    }
    if dice.chance(0.5) {
        let level = dice.pick(&[AckLevel::Periodic, AckLevel::EveryWrite, AckLevel::OsDefault]);
        let mut actors = vec![Actor::Client(0), Actor::Client(1), Actor::Folder, Actor::Reader];
        actors.extend((level == Some(AckLevel::Periodic)).then_some(Actor::Syncer));
        add("disk".to_owned(), level, actors);
    }
    if dice.chance(0.3) {
        let actors = vec![Actor::Client(0), Actor::Folder, Actor::Reader];
        add("memory".to_owned(), Some(AckLevel::None), actors);
    }
    for number in 0..dice.between(0, 3) {
        add(format!("folder{number}"), None, vec![Actor::Folder]);
    }
    for number in 0..dice.between(1, 3) {
        add(format!("reader{number}"), None, vec![Actor::Reader]);
    }
    if breakage == Breakage::SkipsFloor || dice.chance(0.6) {
        add("collector".to_owned(), None, vec![Actor::Collector]);
    }
    if breakage == Breakage::CollectsByAge {
        add("careless".to_owned(), None, vec![Actor::CarelessCollector]);
    }
    roles
}
