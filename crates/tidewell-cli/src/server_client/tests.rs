//! Hosts and refusals.

use reqwest::StatusCode;
use serde_json::json;

use super::{ServerClient, refusal_message};
use crate::failure::Failure;

#[test]
fn host_may_lack_scheme_and_may_have_a_path() {
    for (host, base) in [
        ("localhost:8086", "http://localhost:8086/"),
        ("http://localhost:8086", "http://localhost:8086/"),
        ("https://example.org/tidewell", "https://example.org/tidewell/"),
    ] {
        let client = ServerClient::new(host, None).ok();
        assert_eq!(client.map(|client| client.base.to_string()).as_deref(), Some(base), "{host}");
    }
}

#[test]
fn host_that_is_none_is_wrong_usage() {
    for host in ["", "ftp://example.org", "http://", "s3://bucket"] {
        assert!(matches!(ServerClient::new(host, None), Err(Failure::Usage(_))), "{host}");
    }
}

#[test]
fn refusal_says_the_servers_words_or_the_status() {
    let status = StatusCode::NOT_FOUND;
    for (body, message) in [
        (json!({"error": "database not found: x"}), "database not found: x"),
        (json!({"code": "not found", "message": "no such bucket"}), "no such bucket"),
        (json!("plain text\n"), "plain text"),
        (json!({}), "the server answered 404 Not Found"),
    ] {
        assert_eq!(refusal_message(status, &body), message);
    }
}
