//! Paths and query strings of all services.

use http::Uri;
use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn a_stage_before_a_path_is_cut_off_once() {
    let cut = |path, stage| without_stage(path, Some(stage));
    assert_eq!(cut("/prod/write", "prod"), "/write");
    assert_eq!(cut("/prod/prod/write", "prod"), "/prod/write");
    assert_eq!(cut("/prod", "prod"), "/");
    assert_eq!(cut("/prod/", "prod"), "/");
    assert_eq!(cut("/production/write", "prod"), "/production/write");
    assert_eq!(cut("/write", "prod"), "/write");
    assert_eq!(cut("/$default/write", "$default"), "/$default/write");
    assert_eq!(cut("/write", ""), "/write");
    assert_eq!(without_stage("/prod/write", None), "/prod/write");
}

#[test]
fn encoded_paths_stay_and_decoded_ones_are_encoded() {
    assert_eq!(target("/a%2Fb/%C3%A4", "q=1%2B1&x=a+b"), "/a%2Fb/%C3%A4?q=1%2B1&x=a+b");
    assert_eq!(target("/a b/ä?c#d", ""), "/a%20b/%C3%A4%3Fc%23d");
    assert_eq!(target("/100%/%zz/%4", ""), "/100%25/%25zz/%254");
    assert_eq!(target("", "a=b c"), "/?a=b%20c");
    assert_eq!(target("write", ""), "/write");
    assert_eq!(target("//host/x", ""), "//host/x");
}

#[test]
fn parameters_of_v1_are_encoded_and_those_of_an_alb_are_not() {
    let parameters = json!({"q": ["a&b=c d+e%", "ä"], "flag": ""});
    assert_eq!(query_encoded(&parameters).unwrap(), "flag=&q=a%26b%3Dc%20d%2Be%25&q=%C3%A4");
    assert_eq!(query_joined(&json!({"q": "a%26b", "n": [null, "1"]})).unwrap(), "n=&n=1&q=a%26b");
    assert_eq!(query_encoded(&json!({})).unwrap(), "");
}

#[test]
fn parameters_that_are_no_texts_are_none() {
    for parameters in [json!("q=1"), json!([1]), json!({"q": 1}), json!({"q": [{}]}), json!({"q": {"a": "b"}})] {
        assert_eq!(query_encoded(&parameters), None, "{parameters}");
    }
}

proptest! {
    #[test]
    fn any_path_and_query_give_a_target_that_parses(path in any::<String>(), query in any::<String>()) {
        let target = target(&path, &query);
        let uri = Uri::try_from(target.as_str()).unwrap();
        prop_assert_eq!(uri.to_string(), target);
    }

    #[test]
    fn an_encoded_parameter_decodes_to_itself(name in any::<String>(), value in any::<String>()) {
        let query = query_encoded(&json!({name.as_str(): value})).unwrap();
        let (got_name, got_value) = query.split_once('=').unwrap();
        let decoded = |text| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
        prop_assert_eq!((decoded(got_name), decoded(got_value)), (name, value));
        prop_assert_eq!(target("/", &query), format!("/?{query}"));
    }
}
