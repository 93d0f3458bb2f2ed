//! Requests are read whole or refused.
#![allow(clippy::unwrap_used)]

use super::{read_request, write_reply};

#[test]
fn chunks_and_trailers_are_put_together() {
    let text = "POST /a/response HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\n\
                Lambda-Runtime-Function-Error-Type: E\r\n\r\nGET /next HTTP/1.1\r\n\r\n";
    let mut reader = text.as_bytes();
    let request = read_request(&mut reader).unwrap().unwrap();
    assert_eq!((request.path.as_str(), request.body.as_slice()), ("/a/response", b"abc0123456789".as_slice()));
    assert_eq!(request.headers["lambda-runtime-function-error-type"], "E");
    assert_eq!(read_request(&mut reader).unwrap().unwrap().path, "/next");
    assert!(read_request(&mut reader).unwrap().is_none());
}

#[test]
fn body_broken_off_is_an_error() {
    for text in [
        "POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nabc",
        "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "POST /a HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n",
        "nonsense",
    ] {
        assert!(read_request(&mut text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn reply_says_its_length() {
    let mut bytes = Vec::new();
    write_reply(&mut bytes, "200 OK", &[("a", "b".to_owned())], b"{}").unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("content-length: 2\r\na: b\r\n\r\n{}"), "{text}");
}
