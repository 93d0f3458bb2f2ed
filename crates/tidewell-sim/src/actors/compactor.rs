//! Puts small segments together, in several ways.

use std::sync::Arc;
use std::time::Duration;

use tidewell_maintain::{CompactOptions, Compactor, RewriteSummary};

use super::long_pause;
use crate::dice::Dice;
use crate::host::Host;
use crate::race::Race;
use crate::verdict::Explain as _;

pub(crate) async fn run(host: Arc<Host>, mut dice: Dice) {
    while host.is_storm() {
        long_pause(&host, &mut dice, 2).await;
        let quiet_after = dice.span(Duration::from_millis(1), Duration::from_secs(86_400));
        compact(&host, quiet_after, Some(dice.between(1, 6))).await;
    }
}

/// One compaction; whether nothing is left to do.
pub(crate) async fn compact(host: &Host, quiet_after: Duration, jobs_max: Option<u64>) -> bool {
    let upkeep = &host.world().plan.upkeep;
    let options = CompactOptions {
        segment_rows_max: upkeep.segment_rows_max,
        inputs_max: upkeep.inputs_max,
        quiet_after,
        jobs_max,
        ..CompactOptions::default()
    };
    let compactor = Compactor::new(host.store.clone(), host.env.clone(), host.manifest.clone(), options);
    match host.process.during(compactor.compact(&|_| {})).await {
        Ok(summary) => {
            note(host, "compaction", &summary);
            summary.is_done
        }
        Err(error) => {
            error.explain(&host.process, "compaction");
            false
        }
    }
}

pub(super) fn note(host: &Host, verb: &str, summary: &RewriteSummary) {
    let RewriteSummary { job_count, lost_count, segments_in, segments_out, lifted_count, .. } = *summary;
    let name = host.name();
    host.world().event(format_args!("{name}: {verb} of {job_count} jobs, {segments_in} to {segments_out} segments"));
    if lost_count > 0 {
        host.world().reach(Race::RewriteLost);
    }
    if lifted_count > 0 {
        host.world().reach(Race::DeleteCarriedOut);
    }
    host.check_state();
}
