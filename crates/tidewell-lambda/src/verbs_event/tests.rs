//! Calls for maintenance, good and bad.

use serde_json::json;

use super::*;

fn refusal(event: Value) -> String {
    decode(event).unwrap_err().message
}

#[test]
fn verbs_and_a_database_are_taken_in_their_order() {
    let call = decode(json!({"tidewell": {"verbs": ["gc", "fold", "gc"], "db": "metrics"}})).unwrap();
    assert_eq!(call, VerbsCall { verbs: vec![Verb::Gc, Verb::Fold, Verb::Gc], db: Some("metrics".to_owned()) });
}

#[test]
fn a_database_left_out_or_null_means_all() {
    for event in [json!({"tidewell": {"verbs": ["tier"]}}), json!({"tidewell": {"verbs": ["tier"], "db": null}})] {
        assert_eq!(decode(event).unwrap().db, None);
    }
}

#[test]
fn unknown_verbs_and_keys_are_refused_by_name() {
    let verb = refusal(json!({"tidewell": {"verbs": ["fold", "vacuum"]}}));
    assert!(verb.contains("`vacuum`") && verb.contains("`compact`"), "{verb}");
    let key = refusal(json!({"tidewell": {"verbs": ["fold"], "table": "cpu"}}));
    assert!(key.contains("`table`"), "{key}");
    let outer = refusal(json!({"tidewell": {"verbs": ["fold"]}, "db": "metrics"}));
    assert!(outer.contains("`db`"), "{outer}");
}

#[test]
fn a_call_that_asks_for_nothing_is_refused() {
    for event in [json!({"tidewell": {"verbs": []}}), json!({"tidewell": {}}), json!({"tidewell": null})] {
        let message = refusal(event);
        assert!(message.contains("\"verbs\""), "{message}");
    }
}

#[test]
fn every_verb_reads_back_from_its_name() {
    for verb in Verb::ALL {
        assert_eq!(serde_json::from_value::<Verb>(json!(verb.as_str())).unwrap(), verb);
        assert_eq!(serde_json::to_value(verb).unwrap(), json!(verb.as_str()));
    }
}
