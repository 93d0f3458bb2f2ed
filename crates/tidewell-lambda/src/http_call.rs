//! Requests of a Function URL, API Gateway v2 and v1 and an ALB as `http::Request`.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use serde_json::{Value, json};

use crate::Invocation;
use crate::http_headers::{self, HeaderRefusal};
use crate::http_target::{query_encoded, query_joined, target, without_stage};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Who sent the request, and so what an answer must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A Function URL: the one that can take a stream.
    FunctionUrl,
    /// An HTTP API with payload format 2.0.
    ApiGatewayV2,
    /// A REST API, or an HTTP API with payload format 1.0.
    ApiGatewayV1,
    /// A load balancer.
    Alb {
        /// Whether its target group has header fields with several values.
        multi_value: bool,
    },
}

impl Origin {
    pub(crate) fn of_v2(event: &Value) -> Self {
        let domain = text(event, "/requestContext/domainName").unwrap_or_default();
        if domain.contains(".lambda-url.") { Self::FunctionUrl } else { Self::ApiGatewayV2 }
    }

    pub(crate) fn of_alb(event: &Value) -> Self {
        Self::Alb { multi_value: event.get("multiValueHeaders").is_some_and(Value::is_object) }
    }

    fn is_v2(self) -> bool {
        matches!(self, Self::FunctionUrl | Self::ApiGatewayV2)
    }
}

/// A request and where its answer goes.
#[derive(Debug)]
pub struct HttpCall {
    /// Who sent it.
    pub origin: Origin,
    /// The request, its target a path and a query, its body decoded; `Content-Length` is the body's.
    pub request: Request<Bytes>,
}

impl HttpCall {
    /// Gives the request the trace of the invocation, and a write that has no idempotency key the invocation's, so that an
    /// invocation that Lambda repeats counts once.
    pub(crate) fn identify(&mut self, invocation: &Invocation) {
        let is_write = matches!(*self.request.method(), Method::POST | Method::PUT);
        let key = is_write.then(|| invocation.idempotency_key());
        for (name, value) in [(IDEMPOTENCY_KEY, key), (TRACE_ID, invocation.trace_id.clone())] {
            let value = value.and_then(|value| HeaderValue::try_from(value).ok());
            if let Some(value) = value.filter(|_| !self.request.headers().contains_key(&name)) {
                self.request.headers_mut().insert(name, value);
            }
        }
    }
}

/// What came as a request and is none.
#[derive(Debug, PartialEq, Eq)]
pub struct RefusedCall {
    /// Who sent it.
    pub origin: Origin,
    /// 400, 414 or 431.
    pub status: StatusCode,
    /// What is wrong.
    pub message: String,
}

impl RefusedCall {
    pub(crate) fn into_answer(self) -> Response<Bytes> {
        error_answer(self.status, &self.message)
    }
}

/// An answer of `{"error": …}`.
pub(crate) fn error_answer(status: StatusCode, message: &str) -> Response<Bytes> {
    let mut answer = Response::new(Bytes::from(json!({"error": message}).to_string()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

type Refusal = (StatusCode, String);

fn bad(message: impl Into<String>) -> Refusal {
    (StatusCode::BAD_REQUEST, message.into())
}

/// The request of an event.
pub(crate) fn decode(event: Value, origin_of: impl Fn(&Value) -> Origin) -> Result<HttpCall, RefusedCall> {
    let origin = origin_of(&event);
    let refused = |(status, message)| RefusedCall { origin, status, message };
    request(event, origin).map(|request| HttpCall { origin, request }).map_err(refused)
}

fn request(mut event: Value, origin: Origin) -> Result<Request<Bytes>, Refusal> {
    let (method_at, path_at) =
        if origin.is_v2() { ("/requestContext/http/method", "/rawPath") } else { ("/httpMethod", "/path") };
    let method = text(&event, method_at).ok_or_else(|| bad("the event names no method"))?;
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| bad("the event names no valid method"))?;
    let path = text(&event, path_at).unwrap_or("/");
    let stage = if origin.is_v2() { text(&event, "/requestContext/stage") } else { None };
    let target = target(without_stage(path, stage), &query(&event, origin)?);
    let uri = Uri::try_from(target)
        .map_err(|_| (StatusCode::URI_TOO_LONG, "path and query are too long, or no valid ones".to_owned()))?;
    let mut headers = headers(&event, origin)?;
    let body = body(&mut event)?;
    if !body.is_empty() {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(request)
}

fn query(event: &Value, origin: Origin) -> Result<String, Refusal> {
    if origin.is_v2() {
        return Ok(text(event, "/rawQueryString").unwrap_or_default().to_owned());
    }
    let named = |name: &str| event.get(name).filter(|parameters| !parameters.is_null());
    let parameters = named("multiValueQueryStringParameters").or_else(|| named("queryStringParameters"));
    let encode = if origin == Origin::ApiGatewayV1 { query_encoded } else { query_joined };
    let malformed = || bad("the query parameters are no texts");
    parameters.map_or_else(|| Ok(String::new()), |parameters| encode(parameters).ok_or_else(malformed))
}

fn headers(event: &Value, origin: Origin) -> Result<HeaderMap, Refusal> {
    let refused = |refusal| match refusal {
        HeaderRefusal::Malformed(what) => bad(what),
        HeaderRefusal::TooLarge => {
            (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too many or too long".to_owned())
        }
    };
    if origin.is_v2() {
        let mut headers = http_headers::of_event(event.get("headers")).map_err(refused)?;
        http_headers::add_cookies(&mut headers, event.get("cookies")).map_err(refused)?;
        return Ok(headers);
    }
    let several = event.get("multiValueHeaders").filter(|fields| !fields.is_null());
    http_headers::of_event(several.or_else(|| event.get("headers"))).map_err(refused)
}

fn body(event: &mut Value) -> Result<Bytes, Refusal> {
    let is_base64 = event.get("isBase64Encoded").and_then(Value::as_bool).unwrap_or_default();
    match event.get_mut("body").map(Value::take).unwrap_or_default() {
        Value::Null => Ok(Bytes::new()),
        Value::String(body) if is_base64 => {
            BASE64.decode(body).map(Bytes::from).map_err(|_| bad("the body is said to be base64 and is not"))
        }
        Value::String(body) => Ok(Bytes::from(body)),
        _ => Err(bad("the body is no text")),
    }
}

fn text<'a>(event: &'a Value, pointer: &str) -> Option<&'a str> {
    event.pointer(pointer).and_then(Value::as_str)
}

#[cfg(test)]
mod tests;
