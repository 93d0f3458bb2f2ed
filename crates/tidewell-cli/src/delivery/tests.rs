//! How refusals are read.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::json;

use super::{Rejection, rejections, retry_after};

#[test]
fn rejections_are_read_from_a_list_and_from_one_object() {
    let line = json!({"original_line": "bad", "line_number": 7, "error_message": "no fields"});
    for data in [json!([line]), line] {
        let report = rejections(&json!({"error": "partial write of line protocol occurred", "data": data}));
        let expected = Rejection { line_number: 7, reason: "no fields".to_owned() };
        assert_eq!(report.map(|report| (report.count, report.lines)), Some((1, vec![expected])));
    }
}

#[test]
fn rejection_leaves_out_the_line_number_within_the_request() {
    let line = json!({"line_number": 7, "error_message": "no fields (at all) (line 7, column 3)"});
    let report = rejections(&json!({"data": [line]}));
    let expected = Rejection { line_number: 7, reason: "column 3: no fields (at all)".to_owned() };
    assert_eq!(report.map(|report| report.lines), Some(vec![expected]));
}

#[test]
fn refusal_without_lines_lists_no_rejections() {
    for body in [json!("gateway"), json!({"error": "database name is empty"}), json!({"error": "x", "data": []})] {
        assert_eq!(rejections(&body), None, "{body}");
    }
}

#[test]
fn retry_after_is_whole_seconds_within_bounds() {
    for (header, seconds) in [(None, 1), (Some("3"), 3), (Some("86400"), 30), (Some("soon"), 1)] {
        let mut headers = HeaderMap::new();
        if let Some(text) = header {
            headers.insert("retry-after", HeaderValue::from_static(text));
        }
        assert_eq!(retry_after(&headers), Duration::from_secs(seconds), "{header:?}");
    }
}
