//! Which event it is.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::sample::fixture;
use crate::{FailureKind, Verb};

fn shape(name: &str) -> Shape {
    shape_of(&fixture(name)).unwrap()
}

#[test]
fn documented_events_have_their_shapes() {
    let expected = [
        ("function_url", Shape::HttpV2),
        ("api_gateway_v2_stage", Shape::HttpV2),
        ("alb_single", Shape::Alb),
        ("alb_multi", Shape::Alb),
        ("api_gateway_v1", Shape::HttpV1),
        ("s3_test", Shape::S3Test),
        ("s3_put", Shape::S3Records),
        ("sqs", Shape::Sqs),
        ("sqs_s3", Shape::Sqs),
        ("scheduler_input", Shape::Verbs),
        ("s3_event_bridge", Shape::S3EventBridge),
        ("event_bridge_schedule", Shape::Schedule),
        ("scheduler_default", Shape::Schedule),
    ];
    for (name, expected) in expected {
        assert_eq!(shape(name), expected, "{name}");
        Event::of(fixture(name)).unwrap_or_else(|failure| panic!("{name}: {failure}"));
    }
}

#[test]
fn an_event_with_two_shapes_is_the_first_in_the_table() {
    let all = json!({
        "requestContext": {"http": {"method": "GET"}, "elb": {}}, "httpMethod": "GET", "resource": "/", "Event": "s3:TestEvent",
        "Records": [{"eventSource": "aws:s3"}], "tidewell": {}, "source": "aws.s3", "detail-type": "Object Created",
    });
    let mut order = Vec::new();
    let mut event = all;
    let removals =
        ["/requestContext/http", "/requestContext/elb", "/resource", "/Event", "/Records", "/tidewell", "/source"];
    for pointer in removals {
        order.push(shape_of(&event).unwrap());
        *event.pointer_mut(pointer).unwrap() = Value::Null;
        if pointer == "/tidewell" {
            event.as_object_mut().unwrap().remove("tidewell");
        }
    }
    use Shape::{Alb, HttpV1, HttpV2, S3EventBridge, S3Records, S3Test, Verbs};
    assert_eq!(order, [HttpV2, Alb, HttpV1, S3Test, S3Records, Verbs, S3EventBridge]);
    assert_eq!(shape_of(&event), None);
}

#[test]
fn events_of_no_shape_are_errors_that_name_the_shapes() {
    let strange = [
        json!({}),
        json!(null),
        json!([1]),
        json!("fold"),
        json!({"Records": []}),
        json!({"Records": [{"eventSource": "aws:kinesis"}]}),
        json!({"Records": [{"eventSource": "aws:s3"}, {"eventSource": "aws:sqs"}]}),
        json!({"source": "aws.s3", "detail-type": "Object Deleted"}),
        json!({"requestContext": {"http": null}}),
        json!({"httpMethod": "GET", "path": "/"}),
        json!({"Event": "s3:Other"}),
    ];
    for event in strange {
        let failure = Event::of(event.clone()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Invalid, "{event}");
        for shape in ["requestContext.http", "aws:sqs", "s3:TestEvent", "tidewell", "Object Created"] {
            assert!(failure.message.contains(shape), "{event}: {failure}");
        }
    }
}

#[test]
fn a_plain_schedule_asks_for_all_verbs_in_their_order() {
    for name in ["event_bridge_schedule", "scheduler_default"] {
        let Event::Verbs(call) = Event::of(fixture(name)).unwrap() else { panic!("{name}") };
        assert_eq!(call, VerbsCall { verbs: Verb::ALL.to_vec(), db: None });
    }
}

#[test]
fn events_of_s3_inside_messages_are_those_of_s3_alone() {
    assert_eq!(s3_objects(&fixture("s3_test")).unwrap(), []);
    assert_eq!(s3_objects(&fixture("s3_put")).unwrap().len(), 1);
    assert_eq!(s3_objects(&fixture("s3_event_bridge")).unwrap().len(), 1);
    assert!(s3_objects(&fixture("sqs")).unwrap_err().message.contains("line protocol"));
}

const NAMES: [&str; 40] = [
    "requestContext",
    "http",
    "elb",
    "method",
    "httpMethod",
    "resource",
    "path",
    "rawPath",
    "rawQueryString",
    "stage",
    "headers",
    "multiValueHeaders",
    "queryStringParameters",
    "multiValueQueryStringParameters",
    "cookies",
    "body",
    "isBase64Encoded",
    "Records",
    "eventSource",
    "eventName",
    "Event",
    "s3",
    "object",
    "bucket",
    "key",
    "name",
    "size",
    "eTag",
    "etag",
    "messageId",
    "messageAttributes",
    "db",
    "stringValue",
    "tidewell",
    "verbs",
    "source",
    "detail-type",
    "detail",
    "domainName",
    "host",
];

const TEXTS: [&str; 20] = [
    "GET",
    "POST",
    "/",
    "/a b%zz?#é",
    "aws:s3",
    "aws:sqs",
    "s3:TestEvent",
    "ObjectCreated:Put",
    "aws.s3",
    "Object Created",
    "aws.events",
    "fold",
    "a+b%FF",
    "\n",
    "",
    "{",
    "x.lambda-url.y",
    "$default",
    "===",
    "%",
];

/// JSON with the names that events have, so that it comes close to being one.
fn arbitrary_event() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(TEXTS.to_vec()).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, move |inner| {
        let name = prop_oneof![4 => prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..8).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A documented event with one value replaced.
fn damaged_event() -> impl Strategy<Value = Value> {
    let names = [
        "function_url",
        "api_gateway_v2_stage",
        "api_gateway_v1",
        "alb_single",
        "alb_multi",
        "s3_put",
        "s3_event_bridge",
        "sqs",
        "sqs_s3",
        "scheduler_input",
    ];
    (prop::sample::select(names.to_vec()), any::<prop::sample::Index>(), arbitrary_event()).prop_map(
        |(name, at, value)| {
            let mut event = fixture(name);
            let mut pointers = Vec::new();
            pointers_of(&event, String::new(), &mut pointers);
            *event.pointer_mut(at.get::<String>(&pointers)).unwrap() = value;
            event
        },
    )
}

fn pointers_of(value: &Value, at: String, pointers: &mut Vec<String>) {
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| pointers_of(value, format!("{at}/{}", escaped(name)), pointers));
        }
        Value::Array(values) => {
            values.iter().enumerate().for_each(|(index, value)| pointers_of(value, format!("{at}/{index}"), pointers));
        }
        _ => {}
    }
    pointers.push(at);
}

/// Takes the event as far as it goes without a handler.
fn take(event: Value) {
    match Event::of(event) {
        Ok(Event::Sqs(messages)) => drop(crate::decode_messages(messages, 1 << 20)),
        Ok(Event::S3(objects)) => {
            objects.iter().for_each(|object| drop(crate::ImportTarget::of_key("import/", &object.key)));
        }
        Ok(Event::Http(call)) => assert!(call.request.uri().path().starts_with('/')),
        Ok(Event::RefusedHttp(refused)) => assert!(refused.status.is_client_error()),
        Ok(Event::S3Test | Event::Verbs(_)) | Err(_) => {}
    }
}

proptest! {
    #[test]
    fn arbitrary_json_never_panics(event in arbitrary_event()) {
        take(event);
    }

    #[test]
    fn damaged_events_never_panic(event in damaged_event()) {
        take(event);
    }
}
