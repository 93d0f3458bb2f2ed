//! Replies, as `docs/lambda.md` shows them.

use super::*;

#[test]
fn a_reply_of_maintenance_is_what_the_page_shows() {
    let figures = BTreeMap::from([("rows".to_owned(), 5000), ("segments".to_owned(), 1)]);
    let report = VerbReport { verb: Verb::Fold, db: "metrics".to_owned(), figures, ms: 840 };
    let reply = serde_json::to_string(&VerbsReply { done: true, reports: vec![report] }).unwrap();
    let expected =
        r#"{"done":true,"reports":[{"verb":"fold","db":"metrics","figures":{"rows":5000,"segments":1},"ms":840}]}"#;
    assert_eq!(reply, expected);
}

#[test]
fn a_batch_without_failures_names_none() {
    assert_eq!(batch_reply(&[]).to_string(), r#"{"batchItemFailures":[]}"#);
    let failed = batch_reply(&["a".to_owned(), "b".to_owned()]).to_string();
    assert_eq!(failed, r#"{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]}"#);
}
