//! Deletes rows of the mixed table: some series, some span of time.

use std::sync::Arc;

use tidewell_maintain::MaintainError;
use tidewell_maintain::delete::{DeleteError, DeleteRequest, delete};
use tidewell_manifest::TagMatch;
use tidewell_types::{TableName, TimeBounds, TimestampNs};

use super::client::{TIME_START_NS, TIME_STEP_NS, TIMES};
use super::long_pause;
use crate::dice::Dice;
use crate::host::Host;
use crate::oracle::{Delete, MIXED};
use crate::verdict::Explain as _;

/// Deletes of a run, at most.
const DELETES_MAX: usize = 8;

pub(crate) async fn run(host: Arc<Host>, mut dice: Dice) {
    while host.is_storm() && host.world().oracle.lock().deletes.count() < DELETES_MAX {
        long_pause(&host, &mut dice, 4).await;
        if host.is_storm() {
            delete_some(&host, &mut dice).await;
        }
    }
}

async fn delete_some(host: &Host, dice: &mut Dice) {
    let world = host.world();
    let Ok(table) = TableName::new(MIXED) else { return };
    let series = series(host, dice);
    let (index, time) = {
        let deletes = &mut world.oracle.lock().deletes;
        let from = dice.between(0, TIMES) as i64;
        // Each starts at an instant of its own, so that its commit can be told from others'.
        let start_ns = TIME_START_NS + TIME_STEP_NS * from - 1 - deletes.count() as i64;
        let end_ns = TIME_START_NS + TIME_STEP_NS * dice.between(from as u64, TIMES) as i64;
        let span = (start_ns, end_ns);
        let time = TimeBounds { min: TimestampNs::from_ns(start_ns), max: TimestampNs::from_ns(end_ns) };
        (deletes.begin(Delete::new(host.who(), span, series.clone(), world.now())), time)
    };
    let tags = match series.is_empty() {
        true => Vec::new(),
        false => vec![TagMatch { tag: "c".to_owned(), values: series.clone() }],
    };
    world.event(format_args!("{}: delete {index} of {series:?} in {time:?}", host.name()));
    let request = DeleteRequest { tables: Some(vec![table]), time, tags };
    let deleting = delete(&host.folder, &host.manifest, &host.env, host.writer, request);
    match host.process.during(deleting).await {
        Ok(summary) => {
            world.event(format_args!("{}: delete {index} ends at version {}", host.name(), summary.version));
            world.oracle.lock().deletes.end(index, world.now());
            host.check_state();
        }
        // Nobody has written to it yet.
        Err(MaintainError::Delete(DeleteError::UnknownTable { .. })) => {}
        Err(error) => error.explain(&host.process, "delete"),
    }
}

/// Some series; none for all of them.
fn series(host: &Host, dice: &mut Dice) -> Vec<String> {
    let processes = host.world().processes.lock().clone();
    let mut series = vec!["shared".to_owned()];
    series.extend(processes.iter().map(|process| process.name().to_owned()));
    series.retain(|_| dice.chance(0.5));
    series
}
