//! Which event it is: by shape, in the order of `docs/lambda.md`; the first that fits wins.

use serde_json::Value;

use crate::http_call::{self, HttpCall, RefusedCall};
use crate::s3_event::{self, S3Object};
use crate::sqs_event::{self, Message};
use crate::verbs_event::{self, VerbsCall};
use crate::{Failure, Origin};

const SHAPES: &str = "no event that this function takes: expected requestContext.http (Function URL, API Gateway v2), \
     requestContext.elb (ALB), httpMethod and resource (API Gateway v1), Event = s3:TestEvent, Records of S3 (aws:s3) or \
     of SQS (aws:sqs) alone, tidewell (EventBridge Scheduler), source = aws.s3 with detail-type = Object Created, or a scheduled event of \
     EventBridge; look at what is set to invoke it";

/// One event of the Runtime API.
#[derive(Debug)]
pub enum Event {
    /// An HTTP request.
    Http(Box<HttpCall>),
    /// What came as an HTTP request and is none; answered with its status.
    RefusedHttp(RefusedCall),
    /// S3 tries out whether it may invoke the function.
    S3Test,
    /// Objects were created; those of records about anything else are left out.
    S3(Vec<S3Object>),
    /// A batch of a queue.
    Sqs(Vec<Message>),
    /// Maintenance.
    Verbs(VerbsCall),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    HttpV2,
    Alb,
    HttpV1,
    S3Test,
    S3Records,
    Sqs,
    Verbs,
    S3EventBridge,
    Schedule,
}

impl Event {
    /// The event in JSON.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::FailureKind::Invalid) where it has none of the shapes, which are then named, or where a part that it
    /// must have is missing. Malformed HTTP requests are no errors but [`Event::RefusedHttp`].
    pub fn of(event: Value) -> Result<Self, Failure> {
        Ok(match shape_of(&event).ok_or_else(|| Failure::invalid(SHAPES))? {
            Shape::HttpV2 => http(http_call::decode(event, Origin::of_v2)),
            Shape::Alb => http(http_call::decode(event, Origin::of_alb)),
            Shape::HttpV1 => http(http_call::decode(event, |_| Origin::ApiGatewayV1)),
            Shape::S3Test => Self::S3Test,
            Shape::S3Records => Self::S3(s3_event::of_records(&event)?),
            Shape::Sqs => Self::Sqs(sqs_event::messages(event)?),
            Shape::Verbs => Self::Verbs(verbs_event::decode(event)?),
            Shape::S3EventBridge => Self::S3(vec![s3_event::of_event_bridge(&event)?]),
            Shape::Schedule => Self::Verbs(VerbsCall::all()),
        })
    }
}

fn http(call: Result<HttpCall, RefusedCall>) -> Event {
    call.map_or_else(Event::RefusedHttp, |call| Event::Http(Box::new(call)))
}

fn shape_of(event: &Value) -> Option<Shape> {
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    let context = |name: &str| event.get("requestContext").and_then(|context| context.get(name));
    if context("http").is_some_and(Value::is_object) {
        return Some(Shape::HttpV2);
    }
    if context("elb").is_some_and(Value::is_object) {
        return Some(Shape::Alb);
    }
    if text("httpMethod").is_some() && text("resource").is_some() {
        return Some(Shape::HttpV1);
    }
    if let Some(shape) = s3_shape_of(event) {
        return Some(shape);
    }
    if records_are_of(event, "aws:sqs") {
        return Some(Shape::Sqs);
    }
    if event.get("tidewell").is_some() {
        return Some(Shape::Verbs);
    }
    if is_event_bridge_s3(event) {
        return Some(Shape::S3EventBridge);
    }
    let is_scheduled = text("source") == Some("aws.events") || text("detail-type") == Some("Scheduled Event");
    is_scheduled.then_some(Shape::Schedule)
}

fn s3_shape_of(event: &Value) -> Option<Shape> {
    if event.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
        return Some(Shape::S3Test);
    }
    records_are_of(event, "aws:s3").then_some(Shape::S3Records)
}

fn is_event_bridge_s3(event: &Value) -> bool {
    let text = |name: &str| event.get(name).and_then(Value::as_str);
    text("source") == Some("aws.s3") && text("detail-type") == Some("Object Created")
}

/// The objects of an event that came by way of a queue or a topic; none for the test event.
///
/// # Errors
///
/// `Invalid` where it is no event of S3.
pub(crate) fn s3_objects(event: &Value) -> Result<Vec<S3Object>, Failure> {
    match s3_shape_of(event) {
        Some(Shape::S3Test) => Ok(Vec::new()),
        Some(_) => s3_event::of_records(event),
        None if is_event_bridge_s3(event) => Ok(vec![s3_event::of_event_bridge(event)?]),
        None => Err(Failure::invalid("JSON that is no event of S3: send line protocol, or what S3 itself sends")),
    }
}

/// Whether there are records, all from `source`.
fn records_are_of(event: &Value, source: &str) -> bool {
    let records = event.get("Records").and_then(Value::as_array);
    let is_of = |record: &Value| record.get("eventSource").and_then(Value::as_str) == Some(source);
    records.is_some_and(|records| !records.is_empty() && records.iter().all(is_of))
}

#[cfg(test)]
mod tests;
