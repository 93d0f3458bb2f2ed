//! Answers that are too large for a reply: put into a bucket, and a link in their place.

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use serde_json::json;
use tidewell_engine::{EngineError, Outlet};
use tidewell_wire::rfc3339_ns;

use crate::BodyStream;
use crate::function::{Function, json_answer};

/// How long a link is good, if the role's credentials last as long.
const LINK_TIME: Duration = Duration::from_secs(3600);
const TOO_LARGE: &str =
    "the answer takes over 6 MB: add a LIMIT, ask for Parquet, or set TIDEWELL_LAMBDA_RESULTS or streaming";
/// Endings of files by what they are.
const ENDINGS: [(&str, &str); 4] = [
    ("application/vnd.apache.parquet", "parquet"),
    ("application/jsonl", "jsonl"),
    ("text/csv", "csv"),
    ("application/json", "json"),
];

/// 303 to the answer's bytes, or 413 where there is no place for them.
pub(crate) async fn put(function: &Function, answer: Response<BodyStream>) -> Response<Bytes> {
    let Some(outlet) = &function.settings.results else {
        return json_answer(StatusCode::PAYLOAD_TOO_LARGE, &json!({ "error": TOO_LARGE }));
    };
    let (head, body) = answer.into_parts();
    let day: String = rfc3339_ns(function.env.now().as_ns()).chars().take(10).collect();
    let name = format!("{day}/{}.{}", function.env.write_id(), ending(&head.headers));
    let link = match carry(outlet, &name, body).await {
        Ok(()) => outlet.link(&name, LINK_TIME).await.map_err(|error| error.message),
        Err(problem) => Err(problem),
    };
    match link.map(|link| link.and_then(|link| HeaderValue::try_from(link).ok())) {
        Ok(Some(location)) => {
            let mut reply =
                json_answer(StatusCode::SEE_OTHER, &json!({ "location": location.to_str().unwrap_or_default() }));
            let kept = head.headers.into_iter().filter_map(|(name, value)| Some((name?, value)));
            let kept = kept.filter(|(name, _)| name.as_str().starts_with("x-"));
            reply.headers_mut().extend(kept);
            reply.headers_mut().insert(LOCATION, location);
            reply
        }
        Ok(None) => json_answer(StatusCode::PAYLOAD_TOO_LARGE, &json!({ "error": TOO_LARGE })),
        Err(problem) => {
            tracing::error!(error = problem, "an answer was not put into TIDEWELL_LAMBDA_RESULTS");
            let message = format!("the answer takes over 6 MB and could not be put into the bucket: {problem}");
            json_answer(StatusCode::BAD_GATEWAY, &json!({ "error": message }))
        }
    }
}

/// Nothing stays of a body that broke off.
async fn carry(outlet: &Outlet, name: &str, mut body: BodyStream) -> Result<(), String> {
    let said = |error: EngineError| error.message;
    let mut file = outlet.begin(name).map_err(said)?;
    while let Some(piece) = body.next().await {
        let written = match piece {
            Ok(piece) => file.write(&piece).await.map_err(said),
            Err(error) => Err(error.to_string()),
        };
        if let Err(problem) = written {
            if let Err(error) = file.abort().await {
                tracing::warn!(%error, "parts of a broken answer stay in the bucket until its rules take them away");
            }
            return Err(problem);
        }
    }
    file.finish().await.map_err(said)
}

fn ending(headers: &HeaderMap) -> String {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = ENDINGS.iter().find(|(start, _)| content_type.starts_with(start));
    let ending = known.map_or("bin", |(_, ending)| ending);
    match headers.get(CONTENT_ENCODING).and_then(|value| value.to_str().ok()) {
        Some("gzip") => format!("{ending}.gz"),
        _ => ending.to_owned(),
    }
}
