//! What codes and statuses of several servers come down to.

use super::{Kind, Refusal, between, kind};

#[test]
fn code_that_is_known_decides_whatever_the_status() {
    let cases = [
        ("AccessDenied", 403, Kind::Denied),
        ("InvalidAccessKeyId", 403, Kind::Credentials),
        ("ExpiredToken", 400, Kind::Credentials),
        ("NoSuchBucket", 404, Kind::NoBucket),
        ("NoSuchLifecycleConfiguration", 404, Kind::Absent),
        ("BucketAlreadyExists", 409, Kind::Taken),
        ("BucketAlreadyOwnedByYou", 409, Kind::Owned),
        ("NotImplemented", 501, Kind::Unsupported),
        ("MethodNotAllowed", 405, Kind::Unsupported),
        ("PermanentRedirect", 301, Kind::Elsewhere),
        ("SlowDown", 503, Kind::Unavailable),
        ("OperationAborted", 409, Kind::Unavailable),
    ];
    for (code, status, expected) in cases {
        assert_eq!(kind(code, status, false), expected, "{code}");
    }
}

#[test]
fn code_that_is_unknown_leaves_it_to_the_status() {
    let cases = [
        (200, Kind::Unsupported),
        (301, Kind::Elsewhere),
        (400, Kind::Invalid),
        (403, Kind::Denied),
        (404, Kind::NotFound),
        (405, Kind::Unsupported),
        (409, Kind::Invalid),
        (429, Kind::Unavailable),
        (500, Kind::Unavailable),
        (501, Kind::Unsupported),
        (503, Kind::Unavailable),
    ];
    for (status, expected) in cases {
        assert_eq!(kind("", status, false), expected, "{status}");
        assert_eq!(kind("OfAnotherServer", status, false), expected, "{status}");
    }
}

#[test]
fn malformed_authorization_means_another_region_only_where_one_is_named() {
    assert_eq!(kind("AuthorizationHeaderMalformed", 400, true), Kind::Elsewhere);
    assert_eq!(kind("AuthorizationHeaderMalformed", 400, false), Kind::Credentials);
}

#[test]
fn text_names_the_region_or_the_code() {
    let refusal = |kind, message: &str, region: Option<&str>| Refusal {
        kind,
        code: "Code".into(),
        message: message.into(),
        region: region.map(Into::into),
    };
    assert_eq!(
        refusal(Kind::Elsewhere, "moved", Some("eu-west-1")).to_string(),
        "the bucket is in the region eu-west-1"
    );
    assert_eq!(refusal(Kind::Denied, "no", None).to_string(), "Code: no");
    assert_eq!(refusal(Kind::Denied, "", None).to_string(), "Code");
}

#[test]
fn text_between_marks_is_found_or_not() {
    assert_eq!(between("<a><Region>eu</Region>", "<Region>", "</Region>"), Some("eu"));
    assert_eq!(between("<Region>eu", "<Region>", "</Region>"), None);
}
