//! Refused lines in the words of each API.
#![allow(clippy::unwrap_used)]

use http_body_util::BodyExt as _;

use super::*;

fn lines() -> Vec<RejectedLine> {
    let line = |line_number, line: &str| RejectedLine {
        line_number,
        column: 5,
        reason: "a field has no value.".to_owned(),
        line: line.to_owned(),
    };
    vec![line(2, "cpu a="), line(7, "cpu b=")]
}

async fn body(reply: Response) -> Value {
    assert_eq!(reply.status(), StatusCode::BAD_REQUEST);
    serde_json::from_slice(&reply.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

#[tokio::test]
async fn partial_write_says_how_many_lines_were_dropped() {
    let v1 = partial_reply(Api::V1, Rejected { lines: &lines(), count: 2 });
    let text = "partial write: a field has no value (line 2, column 5) dropped=2";
    assert_eq!(v1.headers()["x-influxdb-error"], text);
    assert_eq!(body(v1).await, json!({"error": text}));
    let v2 = body(partial_reply(Api::V2, Rejected { lines: &lines(), count: 2 })).await;
    assert_eq!(v2, json!({"code": "invalid", "message": text, "line": 2}));
}

#[tokio::test]
async fn partial_write_of_v3_lists_every_line() {
    let wanted = json!({
        "error": "partial write of line protocol occurred",
        "data": [
            {"original_line": "cpu a=", "line_number": 2, "error_message": "a field has no value (line 2, column 5)"},
            {"original_line": "cpu b=", "line_number": 7, "error_message": "a field has no value (line 7, column 5)"},
        ],
        "rejected_count": 2,
    });
    assert_eq!(body(partial_reply(Api::V3, Rejected { lines: &lines(), count: 2 })).await, wanted);
}
