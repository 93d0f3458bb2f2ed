//! Which variable wins.

use super::Variables;

fn given(variables: &[(&str, &str)]) -> Variables {
    Variables::given(&variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect::<Vec<_>>())
}

#[test]
fn endpoint_of_s3_comes_before_that_of_all_services() {
    let both = [("AWS_ENDPOINT_URL", "http://all"), ("AWS_ENDPOINT_URL_S3", "http://s3")];
    assert_eq!(given(&both).endpoint(), Some("http://s3"));
    assert_eq!(given(&both[..1]).endpoint(), Some("http://all"));
    assert_eq!(given(&[("AWS_ENDPOINT_URL_S3", ""), ("AWS_ENDPOINT", "http://old")]).endpoint(), Some("http://old"));
    let ignored = [("AWS_ENDPOINT_URL", "http://all"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE")];
    assert_eq!(given(&ignored).endpoint(), None);
}

#[test]
fn region_has_a_default() {
    assert_eq!(given(&[]).region(), "us-east-1");
    assert_eq!(given(&[("AWS_DEFAULT_REGION", "a")]).region(), "a");
    assert_eq!(given(&[("AWS_DEFAULT_REGION", "a"), ("AWS_REGION", "b")]).region(), "b");
    assert_eq!(given(&[("AWS_DEFAULT_REGION", "a"), ("AWS_REGION", "")]).region(), "a");
}

#[test]
fn key_without_a_secret_is_none() {
    assert_eq!(given(&[("AWS_ACCESS_KEY_ID", "id")]).key(), None);
    assert_eq!(given(&[("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "s")]).key(), Some(("id", "s")));
}
