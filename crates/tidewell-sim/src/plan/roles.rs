//! Which processes a run has.

use tidewell_wal::AckLevel;

use super::Role;
use crate::actors::{Actor, Careless};
use crate::breakage::Breakage;
use crate::dice::Dice;

/// The verbs of upkeep; a run has each of them with this probability, twice with its square.
const VERBS: [(Actor, f64); 5] = [
    (Actor::Compactor, 0.6),
    (Actor::Tierer, 0.4),
    (Actor::Expirer, 0.4),
    (Actor::Sealer, 0.6),
    (Actor::Collector, 0.7),
];

pub(super) fn roles(dice: &mut Dice, has_replicas: bool, breakage: Breakage) -> Vec<Role> {
    let mut roles = Vec::new();
    let mut add = |name: String, level, actors| roles.push(Role { name, level, actors, skew_ns: 0 });
    for number in 0..dice.between(1, 4) {
        let level = if has_replicas && dice.chance(0.7) { AckLevel::Quorum } else { AckLevel::Object };
        let mut actors = vec![Actor::Client(0), Actor::Folder];
        actors.extend((1..dice.between(1, 3)).map(|client| Actor::Client(client as u32)));
        actors.extend(dice.chance(0.4).then_some(Actor::Reader));
        actors.extend(dice.chance(0.3).then_some(Actor::Deleter));
        actors.extend(dice.chance(0.3).then_some(Actor::Snapshotter));
        add(format!("server{number}"), Some(level), actors);
    }
    let tests_disk = breakage == Breakage::SyncsNothing;
    if dice.chance(0.4) || tests_disk {
        let level = dice.pick(&[AckLevel::Periodic, AckLevel::EveryWrite, AckLevel::OsDefault]);
        let level = if tests_disk { Some(AckLevel::EveryWrite) } else { level };
        let mut actors = vec![Actor::Client(0), Actor::Client(1), Actor::Folder, Actor::Reader];
        actors.extend((level == Some(AckLevel::Periodic)).then_some(Actor::Syncer));
        actors.extend(dice.chance(0.3).then_some(Actor::Deleter));
        add("disk".to_owned(), level, actors);
    }
    if dice.chance(0.25) {
        let mut actors = vec![Actor::Client(0), Actor::Folder, Actor::Reader];
        actors.extend(dice.chance(0.3).then_some(Actor::Deleter));
        add("memory".to_owned(), Some(AckLevel::None), actors);
    }
    if dice.chance(0.3) {
        add("folder".to_owned(), None, vec![Actor::Folder]);
    }
    for number in 0..dice.between(1, 3) {
        let actor = if dice.chance(0.4) { Actor::Session } else { Actor::Reader };
        add(format!("reader{number}"), None, vec![actor, Actor::Reader]);
    }
    for number in 0..2 {
        let verbs: Vec<Actor> = VERBS.iter().filter(|(_, share)| dice.chance(*share)).map(|(verb, _)| *verb).collect();
        if !verbs.is_empty() {
            add(format!("keeper{number}"), None, verbs);
        }
    }
    for (name, actors) in needed(breakage) {
        add(name.to_owned(), None, actors);
    }
    if breakage == Breakage::AcksUnchecked {
        // Those who do not look after they have written must look when they read.
        roles.retain(|role| role.level.is_none_or(|level| level >= AckLevel::Object));
        let writers = roles.iter_mut().filter(|role| role.level.is_some());
        writers.for_each(|role| role.actors.retain(|actor| actor.is_client()));
    }
    roles
}

/// Who must be there for a breakage to show.
fn needed(breakage: Breakage) -> Vec<(&'static str, Vec<Actor>)> {
    let careless = |careless| ("careless", vec![Actor::Careless(careless)]);
    match breakage {
        Breakage::SkipsFloor => vec![careless(Careless::Records)],
        Breakage::CollectsByAge => vec![careless(Careless::Orphans)],
        Breakage::CollectsUncondemned => vec![careless(Careless::Removed), ("keeper", vec![Actor::Compactor])],
        Breakage::ForgetsWatermarks => vec![careless(Careless::Watermarks)],
        Breakage::ForgetsTokens => vec![careless(Careless::Tokens)],
        Breakage::CheckpointsAhead => vec![careless(Careless::Checkpoint)],
        Breakage::SealsAtOnce => vec![careless(Careless::Sealing), ("keeper", vec![Actor::Sealer])],
        Breakage::RewritesOutOfOrder => vec![careless(Careless::Rewrite)],
        Breakage::ReadsWithoutFloor | Breakage::CommitsWithoutFloor => {
            vec![("keeper", vec![Actor::Collector, Actor::Collector])]
        }
        Breakage::AcksUnchecked => {
            vec![("keeper", vec![Actor::Sealer, Actor::Sealer]), ("folder", vec![Actor::Folder])]
        }
        Breakage::ShowsSealing => {
            vec![("keeper", vec![Actor::Sealer, Actor::Sealer]), ("watcher", vec![Actor::Reader, Actor::Reader])]
        }
        Breakage::ForgetsDeletes => vec![("deleter", vec![Actor::Deleter])],
        _ => Vec::new(),
    }
}
