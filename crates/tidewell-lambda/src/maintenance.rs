//! Maintenance within the time that an invocation has.

use std::collections::BTreeMap;

use tidewell_engine::{Verb as EngineVerb, VerbOptions, VerbReport as EngineReport};

use crate::function::{Function, failure};
use crate::{Failure, Invocation, Verb, VerbReport, VerbsCall, VerbsReply};

/// Runs the verbs in their order. What there is no time for is left to the next run.
///
/// # Errors
/// Those of all verbs as one; each has had its turn.
pub(crate) async fn run(function: &Function, call: VerbsCall, invocation: &Invocation) -> Result<VerbsReply, Failure> {
    let mut reply = VerbsReply { done: true, reports: Vec::new() };
    let mut failures = Vec::new();
    let maintain = &function.settings.engine.maintain;
    for verb in call.verbs {
        let time = invocation.left(&function.env).saturating_sub(function.settings.reserve);
        if time.is_zero() {
            tracing::info!(verb = verb.as_str(), "no time was left: the next run goes on");
            reply.done = false;
            continue;
        }
        let options = VerbOptions {
            cold_after: std::time::Duration::from_millis(maintain.cold_after_ms),
            reader_grace: std::time::Duration::from_millis(maintain.reader_grace_ms),
            time_limit: Some(time),
            ..VerbOptions::default()
        };
        let run = function.engine.maintain(engine_verb(verb), call.db.as_deref(), &options, &|_| {}).await;
        match run {
            Ok(run) => {
                reply.done &= run.is_done();
                reply.reports.extend(run.reports.into_iter().map(|report| shown(verb, report)));
            }
            Err(error) => {
                tracing::error!(verb = verb.as_str(), %error, "a verb failed");
                let failed = failure(error);
                failures.push(Failure::new(failed.kind, format!("{}: {}", verb.as_str(), failed.message)));
            }
        }
    }
    Failure::join(&failures).map_or(Ok(reply), Err)
}

fn engine_verb(verb: Verb) -> EngineVerb {
    match verb {
        Verb::Fold => EngineVerb::Fold,
        Verb::Rollup => EngineVerb::Rollup,
        Verb::Compact => EngineVerb::Compact,
        Verb::Tier => EngineVerb::Tier,
        Verb::Expire => EngineVerb::Expire,
        Verb::Gc => EngineVerb::Collect,
    }
}

fn shown(verb: Verb, report: EngineReport) -> VerbReport {
    let figures: BTreeMap<String, u64> =
        report.figures.iter().map(|figure| (figure.name.to_owned(), figure.value)).collect();
    let ms = u64::try_from(report.elapsed.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(verb = verb.as_str(), db = report.database, ?figures, ms, "maintained");
    VerbReport { verb, db: report.database, figures, ms }
}
