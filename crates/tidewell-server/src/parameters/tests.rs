//! Parameters as clients send them.

use super::*;

#[test]
fn parameters_with_escapes_and_empty_values_are_read() {
    let parameters = Parameters::parse(b"db=&q=select%20%27a%2Bb%27+c&rp=&db=x&odd=%zz&flag");
    assert_eq!(parameters.get("db"), Some("x"));
    assert_eq!(parameters.get("q"), Some("select 'a+b' c"));
    assert_eq!(parameters.get("rp"), None);
    assert_eq!(parameters.get("odd"), Some("%zz"));
    assert_eq!(parameters.get("flag"), None);
}

#[test]
fn parameters_of_the_body_go_before_those_of_the_url() {
    let parameters = Parameters::parse(b"db=body").or(Parameters::of_url(Some("db=url&q=1")));
    assert_eq!((parameters.get("db"), parameters.get("q")), (Some("body"), Some("1")));
}

#[test]
fn switch_is_on_for_the_usual_words_only() {
    let parameters = Parameters::parse(b"a=true&b=T&c=1&d=false&e=0&f=");
    let states = ["a", "b", "c", "d", "e", "f", "g"].map(|name| parameters.is_on(name));
    assert_eq!(states, [Some(true), Some(true), Some(true), Some(false), Some(false), None, None]);
}
