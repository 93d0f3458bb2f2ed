//! Objects of events.

use serde_json::json;

use super::*;
use crate::sample::fixture;

#[test]
fn a_notification_names_the_object_with_its_key_decoded_and_skips_removals() {
    let expected = S3Object {
        bucket: "ingress".to_owned(),
        key: "import/metrics/cpu/2026-03/part 1+2 ä.parquet".to_owned(),
        size_bytes: 1_305_107,
        etag: "b21b84d653bb07b05b1e6b33684dc11b".to_owned(),
        sequencer: Some("0C0F6F405D6ED209E1".to_owned()),
    };
    assert_eq!(of_records(&fixture("s3_put")).unwrap(), [expected]);
}

#[test]
fn an_event_by_way_of_event_bridge_names_the_key_as_it_is() {
    let object = of_event_bridge(&fixture("s3_event_bridge")).unwrap();
    assert_eq!(object.key, "import/metrics/cpu/100% a+b.csv.gz");
    assert_eq!((object.size_bytes, object.etag.as_str()), (512, "b1946ac92492d2347c6235b4d2611184"));
}

#[test]
fn the_same_object_twice_has_one_key_and_other_content_another() {
    let mut object = of_records(&fixture("s3_put")).unwrap().remove(0);
    let first = object.idempotency_key();
    object.sequencer = None;
    assert_eq!(object.idempotency_key(), first);
    object.etag = "other".to_owned();
    assert_ne!(object.idempotency_key(), first);
}

#[test]
fn a_record_without_a_part_is_refused_by_the_part() {
    let parts = ["s3.bucket.name", "s3.object.key", "s3.object.size", "s3.object.eTag"];
    for part in parts {
        let mut event = fixture("s3_put");
        *event.pointer_mut(&format!("/Records/0/{}", part.replace('.', "/"))).unwrap() = Value::Null;
        let message = of_records(&event).unwrap_err().message;
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_key_that_is_no_utf8_and_a_negative_size_are_refused() {
    let mut event = fixture("s3_put");
    event["Records"][0]["s3"]["object"]["key"] = json!("import/a/b/%FF.csv");
    assert!(of_records(&event).unwrap_err().message.contains("%FF"));
    let mut event = fixture("s3_put");
    event["Records"][0]["s3"]["object"]["size"] = json!(-1);
    assert!(of_records(&event).unwrap_err().message.contains("size"));
}

#[test]
fn quotes_around_an_etag_and_the_prefix_of_other_stores_are_taken() {
    let mut event = fixture("s3_put");
    event["Records"][0]["s3"]["object"]["eTag"] = json!("\"abc\"");
    event["Records"][0]["eventName"] = json!("s3:ObjectCreated:CompleteMultipartUpload");
    assert_eq!(of_records(&event).unwrap()[0].etag, "abc");
}
