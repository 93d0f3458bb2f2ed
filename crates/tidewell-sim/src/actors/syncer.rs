//! Fsyncs the local log from time to time.

use std::sync::Arc;

use super::pause;
use crate::dice::Dice;
use crate::host::Host;
use crate::violation::Invariant;

pub(crate) async fn run(host: Arc<Host>, mut dice: Dice) {
    let Some(local) = host.local.clone() else { return };
    while host.is_storm() {
        pause(&host, &mut dice).await;
        let mut log = local.log.lock();
        match log.sync() {
            Ok(()) => host.process.disk.note_synced(log.next_seq()),
            Err(error) => {
                host.process.world.broken(Invariant::Error, format!("{}: fsync: {error}", host.process.name()));
            }
        }
    }
}
