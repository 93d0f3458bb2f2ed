//! Failures in the words of each API.
#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn failure_of_v1_repeats_its_text_in_a_header_on_one_line() {
    let reply = Failure::invalid("bad\nline é").into_reply(Api::V1);
    assert_eq!(reply.headers()[INFLUXDB_ERROR].as_bytes(), "bad line é".as_bytes());
    assert_eq!(reply.headers()[CONTENT_TYPE], "application/json");
}

#[test]
fn failure_header_of_a_long_text_is_cut() {
    let reply = Failure::invalid("x".repeat(10_000)).into_reply(Api::V1);
    assert_eq!(reply.headers()[INFLUXDB_ERROR].len(), HEADER_BYTES_MAX);
}

#[test]
fn engine_errors_have_their_statuses() {
    let cases = [
        (ErrorKind::Invalid, 400, None, "invalid"),
        (ErrorKind::DatabaseNotFound, 404, None, "not found"),
        (ErrorKind::NotFound, 404, None, "not found"),
        (ErrorKind::TooLarge, 413, None, "request too large"),
        (ErrorKind::MemoryLimit, 422, None, "unprocessable entity"),
        (ErrorKind::Busy, 503, Some("1"), "unavailable"),
        (ErrorKind::Unavailable, 503, Some("5"), "unavailable"),
        (ErrorKind::Timeout, 504, None, "unavailable"),
        (ErrorKind::Unknown, 500, None, "internal error"),
        (ErrorKind::Internal, 500, None, "internal error"),
    ];
    for (kind, status, retry_after, code) in cases {
        let error = EngineError { kind, message: "text".to_owned() };
        let reply = Failure::from(error).into_reply(Api::V2);
        assert_eq!(reply.status().as_u16(), status, "{kind:?}");
        assert_eq!(reply.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap()), retry_after, "{kind:?}");
        assert_eq!(reply.headers()[PLATFORM_ERROR_CODE], code, "{kind:?}");
    }
}
