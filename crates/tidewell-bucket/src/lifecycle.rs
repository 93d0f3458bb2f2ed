//! What the lifecycle rules of a bucket do to the store.

mod uploads;

#[cfg(test)]
mod tests;

use aws_sdk_s3::types::{ExpirationStatus, LifecycleRule, TransitionStorageClass};

use crate::finding::{Aspect, Finding, Severity};
use crate::ground::Ground;
use crate::reach::{Reach, Touch};

pub(crate) use uploads::{UPLOADS_ID, merge_uploads};

const RESTRICT: &str = "remove the rule, or restrict it to a prefix outside of the store";

/// For people: a rule by its id.
pub(crate) fn name(rule: &LifecycleRule) -> String {
    match rule.id() {
        Some(id) if !id.is_empty() => format!("rule {id:?}"),
        _ => "a rule without an id".to_owned(),
    }
}

/// What the rules do to the store, and to the files below `import_prefix`, which registered files may be among.
pub(crate) fn judge(rules: &[LifecycleRule], ground: &Ground, import_prefix: &str) -> Vec<Finding> {
    let mut findings: Vec<Finding> = rules.iter().flat_map(|rule| judge_rule(rule, ground)).collect();
    findings.extend(rules.iter().filter_map(|rule| judge_import(rule, ground, import_prefix)));
    if findings.iter().all(|finding| finding.severity <= Severity::Note) {
        findings.insert(0, Finding::ok(Aspect::Lifecycle, "no rule expires or moves what Tidewell keeps"));
    }
    findings.push(judge_uploads(rules, ground));
    findings
}

/// After how many days old versions of all of the store's objects go; `None` where a rule leaves them.
pub(crate) fn noncurrent_days(rules: &[LifecycleRule], ground: &Ground) -> Option<i32> {
    let whole = rules.iter().filter(|rule| is_enabled(rule) && Reach::of_lifecycle(rule).touch(ground) == Touch::Whole);
    whole
        .filter_map(|rule| rule.noncurrent_version_expiration())
        .filter(|expiration| expiration.newer_noncurrent_versions().is_none())
        .filter_map(|expiration| expiration.noncurrent_days())
        .min()
}

fn is_enabled(rule: &LifecycleRule) -> bool {
    *rule.status() == ExpirationStatus::Enabled
}

/// Whether the rule deletes current objects by age.
fn expires(rule: &LifecycleRule) -> bool {
    rule.expiration().is_some_and(|expiration| expiration.days().is_some() || expiration.date().is_some())
}

fn judge_rule(rule: &LifecycleRule, ground: &Ground) -> Vec<Finding> {
    let reach = Reach::of_lifecycle(rule);
    let touch = reach.touch(ground);
    let hurts = expires(rule) || !rule.transitions().is_empty();
    if touch == Touch::Nothing || !hurts {
        return Vec::new();
    }
    let name = name(rule);
    if !is_enabled(rule) {
        let what = format!("{name} is switched off, and would act on {}", reach.shown());
        return vec![Finding::note(Aspect::Lifecycle, what, "switched on, it would act on the store", RESTRICT)];
    }
    if touch == Touch::Tagged {
        let what = format!("{name} acts on {} with the tag {:?}", reach.shown(), reach.tag());
        let why = "Tidewell's objects have no tags: it reaches them only once something tags them";
        return vec![Finding::note(Aspect::Lifecycle, what, why, "tag nothing below the store's prefix")];
    }
    let mut findings = Vec::new();
    if expires(rule) {
        findings.push(expiration(rule, &name, &reach));
    }
    findings.extend(rule.transitions().iter().map(|transition| {
        let class = transition.storage_class().cloned().unwrap_or_else(|| TransitionStorageClass::from("unknown"));
        move_to(&class, &name, &reach)
    }));
    findings
}

fn expiration(rule: &LifecycleRule, name: &str, reach: &Reach<'_>) -> Finding {
    let when = match rule.expiration().and_then(|expiration| expiration.days()) {
        Some(days) => format!("after {days} days"),
        None => "from a date on".to_owned(),
    };
    Finding::error(
        Aspect::Lifecycle,
        format!("{name} deletes {} {when}", reach.shown()),
        "commits go on naming what it deletes: rows are lost and queries fail. Only gc knows what is not needed any more",
        format!("{RESTRICT}; rows expire by Tidewell's own retention"),
    )
}

fn move_to(class: &TransitionStorageClass, name: &str, reach: &Reach<'_>) -> Finding {
    let what = format!("{name} moves {} to {}", reach.shown(), class.as_str());
    match class {
        TransitionStorageClass::Glacier | TransitionStorageClass::DeepArchive => {
            let why = "an archived object cannot be read before it is restored: queries and commits fail";
            Finding::error(Aspect::Lifecycle, what, why, RESTRICT)
        }
        TransitionStorageClass::IntelligentTiering => {
            let why = "each object costs a fee for being watched; with archive tiers switched on reads fail, too";
            Finding::note(Aspect::Lifecycle, what, why, "keep its archive tiers off")
        }
        TransitionStorageClass::OnezoneIa => {
            let why = "the only copy lies in one zone and is lost with it; reads and early deletes cost extra";
            Finding::warning(Aspect::Lifecycle, what, why, RESTRICT)
        }
        _ => {
            let why = "each read costs extra, and gc and compaction delete objects before their paid time is over";
            Finding::warning(Aspect::Lifecycle, what, why, format!("{RESTRICT}; `tidewell tier` makes old rows small"))
        }
    }
}

/// Files that were registered are read where they lie.
fn judge_import(rule: &LifecycleRule, ground: &Ground, import_prefix: &str) -> Option<Finding> {
    let reach = Reach::of_lifecycle(rule);
    let on_store = matches!(reach.touch(ground), Touch::Part | Touch::Whole);
    if !is_enabled(rule) || !expires(rule) || on_store || !reach.meets(import_prefix) {
        return None;
    }
    Some(Finding::warning(
        Aspect::Lifecycle,
        format!("{} deletes {}, where files to import lie", name(rule), reach.shown()),
        "registered Parquet files stay where they are: their rows go with them, and queries of them fail",
        "fine where all files are copied (CSV); else remove the rule",
    ))
}

fn judge_uploads(rules: &[LifecycleRule], ground: &Ground) -> Finding {
    match uploads::days(rules, ground) {
        Some(days) => Finding::ok(Aspect::Lifecycle, format!("parts of abandoned uploads go after {days} days")),
        None => Finding::note(
            Aspect::Lifecycle,
            "no rule ends abandoned uploads",
            "parts that a killed process left behind are paid for, and no listing of objects shows them",
            "`tidewell bucket init --abort-uploads-days 7`",
        ),
    }
}
