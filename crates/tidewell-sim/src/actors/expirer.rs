//! Sets a retention, and ends the rows that have outlived it.

use std::sync::Arc;

use tidewell_maintain::{Expirer, set_retention};
use tidewell_types::TableName;

use super::long_pause;
use crate::dice::Dice;
use crate::host::Host;
use crate::oracle::EVENTS;
use crate::verdict::Explain as _;

pub(crate) async fn run(host: Arc<Host>, mut dice: Dice) {
    let expirer = Expirer::new(host.env.clone(), host.manifest.clone());
    while host.is_storm() {
        long_pause(&host, &mut dice, 4).await;
        let retention_ms = host.world().plan.upkeep.retention_ms;
        let expired = host.process.during(async {
            set_retention(&host.manifest, host.writer, TableName::new(EVENTS).ok(), retention_ms).await?;
            expirer.expire().await
        });
        match expired.await {
            Ok(summary) => {
                let (name, segments, partial) = (host.name(), summary.segment_count, summary.partial_count);
                host.world().event(format_args!("{name}: {segments} segments expired, {partial} in part"));
                host.check_state();
            }
            Err(error) => error.explain(&host.process, "expiry"),
        }
    }
}
