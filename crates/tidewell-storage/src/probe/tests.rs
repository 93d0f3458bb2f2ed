//! Tests of the probe, on stores that keep their word and stores that do not.
#![allow(clippy::unwrap_used)]

use tidewell_env::Env;

use super::{Check, Verdict, probe};
use crate::{Fault, Operation, Prefix, Store, StoreOptions, StoreUrl};

fn open(location: &StoreUrl) -> Store {
    Store::open(location, Env::system(), &StoreOptions::default()).unwrap()
}

#[tokio::test]
async fn probe_of_a_good_store_passes_and_leaves_nothing() {
    let store = open(&StoreUrl::Memory);
    let report = probe(&store).await;
    assert!(report.findings.iter().all(|finding| finding.verdict == Verdict::Pass), "{report:#?}");
    assert_eq!(report.findings.len(), Check::ALL.len());
    assert!(report.multi_writer_safe());
    assert_eq!(store.list(&Prefix::root()).await.unwrap(), []);
}

#[tokio::test]
async fn probe_of_a_folder_lacks_metadata_only() {
    let folder = tempfile::tempdir().unwrap();
    let report = probe(&open(&StoreUrl::Folder(folder.path().to_owned()))).await;
    for finding in &report.findings {
        let expected = if finding.check == Check::Metadata { Verdict::Lacks } else { Verdict::Pass };
        assert_eq!(finding.verdict, expected, "{finding:?}");
    }
    assert!(report.multi_writer_safe());
}

async fn failing(operation: Operation) -> Vec<Check> {
    let store = open(&StoreUrl::Memory).with_faults(move |attempted| {
        if attempted.operation == operation { Fault::IgnoreCondition } else { Fault::Pass }
    });
    let report = probe(&store).await;
    assert!(!report.multi_writer_safe(), "{report:#?}");
    let failing = report.findings.into_iter().filter(|finding| finding.verdict == Verdict::Fails);
    failing.inspect(|finding| assert!(!finding.consequence.is_empty())).map(|finding| finding.check).collect()
}

/// minio #21603, #21550; rustfs #1659; celld #137; LakeSoul #869; floci #1328; mountx #19; cloudflare-docs #32793:
/// stores that do not honour conditions, or leave open whether "not found" is final.
///
/// quickwit #3452, #12: two writers on a metastore in a file lost splits.
#[tokio::test]
async fn probe_of_a_store_without_create_conditions_says_so() {
    let failing = failing(Operation::Create).await;
    assert!(failing.contains(&Check::CreateRace) && failing.contains(&Check::CreateRefused), "{failing:?}");
}

/// minio #21603, #21550; rustfs #1659; celld #137; LakeSoul #869; floci #1328; mountx #19; cloudflare-docs #32793:
/// stores that do not honour conditions, or leave open whether "not found" is final.
#[tokio::test]
async fn probe_of_a_store_without_replace_conditions_says_so() {
    let failing = failing(Operation::Replace).await;
    for check in [Check::ReplaceRace, Check::ReplaceStale, Check::ReplaceMissing] {
        assert!(failing.contains(&check), "{check} is not in {failing:?}");
    }
}

#[tokio::test]
async fn probe_of_a_store_that_denies_listings_is_not_safe() {
    let store = open(&StoreUrl::Memory).with_faults(|attempted| match attempted.operation {
        Operation::List => Fault::Denied,
        _ => Fault::Pass,
    });
    let report = probe(&store).await;
    assert!(!report.multi_writer_safe(), "{report:#?}");
}
