//! Where objects are, and what that is within other stores.
#![allow(clippy::unwrap_used)]

use super::*;

fn url(text: &str) -> FileUrl {
    text.parse().unwrap()
}

#[test]
fn file_url_printed_is_read_back() {
    for text in ["s3://lake/a.parquet", "s3://lake/in/2024 05/a#b.parquet", "file:///srv/in/a%20b.parquet"] {
        assert_eq!(url(text).to_string(), text);
    }
    assert_eq!(url("file:///srv/in/a%20b.parquet").name().as_str(), "srv/in/a b.parquet");
    assert_eq!(url("/srv/a.parquet"), url("file:///srv/a.parquet"));
    assert_eq!(url("s3://lake/in/a").store().to_string(), "s3://lake");
}

#[test]
fn file_url_of_no_object_is_refused() {
    for text in ["", "a.parquet", "s3://lake", "s3://lake/", "s3:///a", "s3://lake/a/../b", "memory://", "http://a/b"] {
        assert!(text.parse::<FileUrl>().is_err(), "{text}");
    }
}

#[test]
fn object_of_a_store_has_one_url() {
    let of = |store: &str, name: &str| {
        FileUrl::of(&store.parse().unwrap(), &ObjectName::foreign(name).unwrap()).map(|url| url.to_string())
    };
    assert_eq!(of("s3://lake/deep/er", "x/a.parquet").as_deref(), Some("s3://lake/deep/er/x/a.parquet"));
    assert_eq!(of("s3://lake", "a.parquet").as_deref(), Some("s3://lake/a.parquet"));
    assert_eq!(of("file:///srv/in", "x/a.parquet").as_deref(), Some("file:///srv/in/x/a.parquet"));
    assert_eq!((of("memory://", "a"), of("in", "a")), (None, None));
}

#[test]
fn object_has_a_name_in_the_stores_that_hold_it_alone() {
    let within = |file: &str, store: &str| url(file).name_in(&store.parse().unwrap()).map(|name| name.to_string());
    assert_eq!(within("s3://lake/in/a", "s3://lake").as_deref(), Some("in/a"));
    assert_eq!(within("s3://lake/in/a", "s3://lake/in").as_deref(), Some("a"));
    assert_eq!(within("s3://lake/in/a", "s3://lake/i"), None);
    assert_eq!(within("s3://lake/in/a", "s3://pond"), None);
    assert_eq!(within("file:///srv/in/a", "file:///srv").as_deref(), Some("in/a"));
    assert_eq!(within("file:///srv/in/a", "file:///srv/i"), None);
    assert_eq!(within("file:///srv/in/a", "s3://srv"), None);
}
