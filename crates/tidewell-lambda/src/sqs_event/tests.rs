//! Messages of queues.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::*;
use crate::sample::fixture;

fn gzip(text: &[u8]) -> String {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text).unwrap();
    STANDARD.encode(packed.finish().unwrap())
}

fn message_of(body: &str, attributes: &Value) -> Message {
    message(json!({"messageId": "m", "body": body, "messageAttributes": attributes})).unwrap()
}

fn decoded(body: &str, attributes: &Value) -> Result<MessageBody, Failure> {
    decode_messages(vec![message_of(body, attributes)], 1000).remove(0).body
}

fn lines(body: &str) -> Result<MessageBody, Failure> {
    Ok(MessageBody::Lines(Lines { db: None, precision: None, body: Bytes::from(body.to_owned()) }))
}

fn gzip_attribute() -> Value {
    json!({"content-encoding": {"stringValue": "gzip", "dataType": "String"}})
}

#[test]
fn a_batch_gives_lines_with_their_database_and_key() {
    let batch = decode_messages(messages(fixture("sqs")).unwrap(), 1000);
    assert_eq!(batch[0].id, "059f36b4-87a3-44ab-83d2-661975830a7d");
    assert_eq!(batch[0].idempotency_key, "sqs:059f36b4-87a3-44ab-83d2-661975830a7d");
    let expected = Lines {
        db: Some("metrics".to_owned()),
        precision: Some("ms".to_owned()),
        body: Bytes::from_static(b"cpu i=1i 1\nmem i=2i 1\n"),
    };
    assert_eq!(batch[0].body, Ok(MessageBody::Lines(expected)));
    assert_eq!(batch[1].body, lines("cpu i=1i 1\n"));
}

#[test]
fn events_of_s3_inside_messages_are_imports_whichever_way_they_came() {
    let batch = decode_messages(messages(fixture("sqs_s3")).unwrap(), 1000);
    let keys = |decoded: &DecodedMessage| match &decoded.body {
        Ok(MessageBody::S3(objects)) => objects.iter().map(|object| object.key.clone()).collect::<Vec<_>>(),
        other => panic!("{}: {other:?}", decoded.id),
    };
    let put = ["import/metrics/cpu/2026-03/part 1+2 ä.parquet"];
    assert_eq!((keys(&batch[0]), keys(&batch[1])), (put.map(str::to_owned).to_vec(), put.map(str::to_owned).to_vec()));
    assert_eq!(keys(&batch[2]), Vec::<String>::new());
    assert_eq!(keys(&batch[3]), ["import/metrics/cpu/100% a+b.csv.gz"]);
}

#[test]
fn json_that_is_no_event_of_s3_is_refused() {
    for body in ["{", "{\"a\": 1}", " {\"Message\": \"cpu i=1i 1\"}", "{\"Message\": \"{}\"}", "{\"Records\": []}"] {
        assert_eq!(decoded(body, &Value::Null).unwrap_err().kind, FailureKind::Invalid, "{body}");
    }
}

#[test]
fn attributes_that_are_none_or_unknown_change_nothing() {
    for attributes in [Value::Null, json!({}), json!({"trace": {"binaryValue": "AA==", "dataType": "Binary"}})] {
        assert_eq!(decoded("cpu i=1i 1", &attributes), lines("cpu i=1i 1"));
    }
    assert_eq!(decoded("cpu i=1i 1", &json!({"content-encoding": {"stringValue": "identity"}})), lines("cpu i=1i 1"));
}

#[test]
fn attributes_that_cannot_be_meant_are_refused_by_name() {
    let refused = |attributes: Value| decoded("cpu i=1i 1", &attributes).unwrap_err().message;
    assert!(refused(json!({"db": {"binaryValue": "AA==", "dataType": "Binary"}})).contains("attribute db"));
    assert!(refused(json!({"precision": {}})).contains("attribute precision"));
    assert!(refused(json!({"content-encoding": {"stringValue": "br"}})).contains("is br"));
}

#[test]
fn gzip_that_is_none_is_refused() {
    for body in ["cpu i=1i 1", "AAAA", "H4sIAAAAAAAA"] {
        let failure = decoded(body, &gzip_attribute()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid, "{body}: {failure}");
    }
    let mut cut = STANDARD.decode(gzip(b"cpu i=1i 1\n")).unwrap();
    cut.truncate(cut.len() - 4);
    assert!(decoded(&STANDARD.encode(cut), &gzip_attribute()).is_err());
}

#[test]
fn gzip_of_several_members_is_inflated_whole() {
    let members =
        [gzip(b"cpu i=1i 1\n"), gzip(b"mem i=1i 1\n")].map(|member| STANDARD.decode(member).unwrap()).concat();
    assert_eq!(decoded(&STANDARD.encode(members), &gzip_attribute()), lines("cpu i=1i 1\nmem i=1i 1\n"));
}

#[test]
fn inflating_stops_at_the_bound_of_the_batch() {
    let packed = |bytes: usize| message_of(&gzip(&vec![b'x'; bytes]), &gzip_attribute());
    let kinds = |batch: Vec<Message>| {
        let decoded = decode_messages(batch, 1000);
        decoded.into_iter().map(|message| message.body.map(drop).map_err(|failure| failure.kind)).collect::<Vec<_>>()
    };
    assert_eq!(kinds(vec![packed(1000)]), [Ok(())]);
    assert_eq!(kinds(vec![packed(1001)]), [Err(FailureKind::Invalid)]);
    assert_eq!(kinds(vec![packed(100_000_000)]), [Err(FailureKind::Invalid)]);
    assert_eq!(kinds(vec![packed(600), packed(600), packed(400)]), [Ok(()), Err(FailureKind::Unavailable), Ok(())]);
}

#[test]
fn a_message_without_id_or_body_fails_the_event() {
    for event in [json!({"Records": [{"body": "x"}]}), json!({"Records": [{"messageId": "x", "body": null}]})] {
        assert_eq!(messages(event).unwrap_err().kind, FailureKind::Invalid);
    }
}
