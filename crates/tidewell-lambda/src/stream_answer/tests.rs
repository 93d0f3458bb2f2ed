//! Streamed answers, as they are handed to `lambda_runtime`.

use std::sync::Mutex;

use bytes::Bytes;
use http::StatusCode;

use super::*;
use crate::sample::{SampleHandler, function_url, invocation};
use crate::{Event, body_of};

async fn answer_of(path: &str) -> Response<BodyStream> {
    let Ok(Event::Http(call)) = Event::of(function_url(path)) else { panic!("a call") };
    SampleHandler::default().http(*call, &invocation()).await
}

async fn streamed(path: &str) -> (MetadataPrelude, Vec<Result<Bytes, String>>, Vec<String>) {
    let handler = Arc::new(SampleHandler { broken: Some(Mutex::default()) });
    let answer = stream_answer(Arc::clone(&handler), answer_of(path).await);
    let pieces = answer.stream.map(|piece| piece.map_err(|error| error.to_string())).collect().await;
    let told = handler.broken.as_ref().unwrap().lock().unwrap().clone();
    (answer.metadata_prelude, pieces, told)
}

#[tokio::test]
async fn a_whole_body_comes_in_pieces_and_nothing_is_broken() {
    let (prelude, pieces, told) = streamed("/large").await;
    assert_eq!((prelude.status_code, prelude.cookies), (StatusCode::OK, vec!["a=1".to_owned()]));
    assert!(!prelude.headers.contains_key("set-cookie"));
    assert_eq!((pieces.len(), told.len()), (7, 0));
}

#[tokio::test]
async fn a_body_that_breaks_or_panics_is_told_and_ends_with_the_error() {
    for (path, error) in [("/broken", "the store is away"), ("/broken-by-panic", "panicked: in a body")] {
        let (_, pieces, told) = streamed(path).await;
        assert_eq!(pieces, [Ok(Bytes::from_static(b"half of")), Err(error.to_owned())], "{path}");
        assert_eq!(told, [error], "{path}");
    }
}

#[test]
fn a_prelude_is_text_whatever_the_fields_are() {
    let mut answer = Response::new(body_of(Bytes::new()));
    answer.headers_mut().append("vary", HeaderValue::from_static("a"));
    answer.headers_mut().append("vary", HeaderValue::from_static("b"));
    answer.headers_mut().insert("x-latin", HeaderValue::from_bytes(b"\xe4\tx").unwrap());
    answer.headers_mut().insert("content-length", HeaderValue::from_static("4"));
    let prelude = prelude(&answer.into_parts().0);
    let json = serde_json::to_value(&prelude).unwrap();
    let fields = serde_json::json!({"content-type": "application/octet-stream", "vary": "a, b", "x-latin": "?\tx"});
    assert_eq!(json, serde_json::json!({"statusCode": 200, "headers": fields, "cookies": []}));
}
