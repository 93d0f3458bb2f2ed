//! Tests of locations.
#![allow(clippy::unwrap_used)]

use super::StoreUrl;

fn parse(text: &str) -> StoreUrl {
    text.parse().unwrap()
}

#[test]
fn location_of_each_kind_is_read() {
    assert_eq!(parse("./data/store"), StoreUrl::Folder("./data/store".into()));
    assert_eq!(parse("file:///var/lib/a%20b"), StoreUrl::Folder("/var/lib/a b".into()));
    assert_eq!(parse("s3://bucket"), StoreUrl::S3 { bucket: "bucket".into(), prefix: String::new() });
    assert_eq!(parse("s3://bucket/a/b/"), StoreUrl::S3 { bucket: "bucket".into(), prefix: "a/b".into() });
    assert_eq!(parse("memory://"), StoreUrl::Memory);
}

#[test]
fn location_printed_is_read_back() {
    for text in ["./data/store", "file:///var/lib/a%20b", "s3://bucket", "s3://bucket/a/b", "memory://"] {
        assert_eq!(parse(text).to_string(), text);
    }
}

#[test]
fn location_that_is_none_is_refused() {
    for text in ["", "s3://", "s3:///a", "s3://b/a//c", "s3://b/../c", "gs://b", "file://host/a", "memory://a"] {
        let error = text.parse::<StoreUrl>().unwrap_err();
        assert!(error.to_string().contains("s3://bucket/prefix"), "{error}");
    }
}
