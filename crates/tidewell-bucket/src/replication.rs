//! Copies of the store's objects into other buckets, and of others' into this one.

#[cfg(test)]
mod tests;

use aws_sdk_s3::types::{
    DeleteMarkerReplicationStatus, ReplicationConfiguration, ReplicationRule, ReplicationRuleStatus,
};

use crate::finding::{Aspect, Finding};
use crate::ground::Ground;
use crate::reach::{Reach, Touch};

/// What is known of a bucket's versioning. Only a bucket that has it on can be copied into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Versioned {
    Yes,
    No,
    Unknown,
}

/// What the rules do with the store.
pub(crate) fn judge(
    configuration: Option<&ReplicationConfiguration>,
    versioned: Versioned,
    ground: &Ground,
) -> Vec<Finding> {
    let rules = configuration.map(|configuration| configuration.rules()).unwrap_or_default();
    let mut findings: Vec<Finding> = rules.iter().filter_map(|rule| judge_rule(rule, ground)).collect();
    if findings.is_empty() {
        findings.push(Finding::ok(Aspect::Replication, "no rule copies the store into another bucket"));
    }
    findings.push(judge_inward(versioned, ground));
    findings
}

fn judge_rule(rule: &ReplicationRule, ground: &Ground) -> Option<Finding> {
    let reach = Reach::of_replication(rule);
    let touch = reach.touch(ground);
    if touch == Touch::Nothing {
        return None;
    }
    let name = rule.id().filter(|id| !id.is_empty()).map_or_else(|| "a rule".to_owned(), |id| format!("rule {id:?}"));
    let target = rule.destination().map(|destination| destination.bucket()).unwrap_or_default();
    let what = format!("{name} copies {} to {target}", reach.shown());
    if *rule.status() != ReplicationRuleStatus::Enabled {
        let what = format!("{what}, and is switched off");
        return Some(Finding::note(Aspect::Replication, what, "switched on, it would copy the store", REMEDY));
    }
    if touch == Touch::Tagged {
        let what = format!("{what}, where they have the tag {:?}", reach.tag());
        let why = "Tidewell's objects have no tags: it reaches them only once something tags them";
        return Some(Finding::note(Aspect::Replication, what, why, "tag nothing below the store's prefix"));
    }
    let markers = rule.delete_marker_replication().and_then(|markers| markers.status());
    let deletes = if markers == Some(&DeleteMarkerReplicationStatus::Enabled) {
        "deletes of gc arrive there as markers, which free no space"
    } else {
        "deletes of gc do not arrive there, so the copy grows for ever"
    };
    let why = format!(
        "every log entry, commit and segment costs a request and a transfer more, {deletes}, and the copy is no store: objects \
         arrive in any order, and a commit may lack its segments"
    );
    Some(Finding::warning(Aspect::Replication, what, why, REMEDY))
}

const REMEDY: &str = "leave the store's prefix out of the rule; `tidewell backup` makes a copy that is whole";

/// Rules of other buckets that copy into this one are visible only there.
fn judge_inward(versioned: Versioned, ground: &Ground) -> Finding {
    if versioned == Versioned::No {
        let what = "no bucket can copy into this one: that takes versioning";
        return Finding::ok(Aspect::Replication, what);
    }
    Finding::note(
        Aspect::Replication,
        "whether other buckets copy into this one cannot be seen here",
        "objects that arrive below the store's prefix from another store would be taken for its own",
        format!("look at the rules of the buckets that you know: none may copy into {}", ground.shown()),
    )
}
