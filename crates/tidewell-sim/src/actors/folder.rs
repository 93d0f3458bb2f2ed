//! Folds the log from time to time, and finishes sealings that were left half done.

use std::sync::Arc;

use tidewell_maintain::{FoldOutcome, FoldSummary, MaintainError};
use tidewell_manifest::CommitError;

use super::careless::delete_unknown;
use super::pause;
use crate::breakage::Breakage;
use crate::dice::Dice;
use crate::host::Host;
use crate::race::Race;
use crate::verdict::Explain as _;
use crate::violation::Invariant;

pub(crate) async fn run(host: Arc<Host>, mut dice: Dice) {
    while host.is_storm() {
        pause(&host, &mut dice).await;
        if host.is_sealing()
            && let Err(error) = host.finish_sealing().await
        {
            error.explain(&host.process, "sealing");
        }
        fold(&host).await;
    }
}

/// One fold; what it reported, and whether the history agrees.
pub(crate) async fn fold(host: &Host) -> Option<FoldSummary> {
    let process = &host.process;
    process.set_folding(true);
    let folded = host.folder.fold().await;
    process.set_folding(false);
    match folded {
        Ok(summary) => {
            process.world.event(format_args!("{}: fold {summary:?}", process.name()));
            check(host, &summary);
            Some(summary)
        }
        Err(error) => {
            if let MaintainError::Commit(CommitError::Unknown { version, .. }) = &error {
                process.world.unknown_commit(process.name(), *version);
                if process.world.plan.breakage == Breakage::DeletesUnknown {
                    delete_unknown(host).await;
                }
            }
            error.explain(process, "fold");
            None
        }
    }
}

/// I9: a commit that was reported is in the history.
fn check(host: &Host, summary: &FoldSummary) {
    let (process, world) = (&host.process, &host.process.world);
    match summary.outcome {
        FoldOutcome::Folded if !world.audit.lock().made(process.name(), summary.version) => {
            let what = format!("{}: version {} is not the commit that was reported", process.name(), summary.version);
            world.broken(Invariant::Reported, what);
        }
        FoldOutcome::Elsewhere => world.reach(Race::FoldElsewhere),
        FoldOutcome::Folded | FoldOutcome::Empty => {}
    }
    host.check_state();
}
