//! Predicates: what is said is taken, what cannot be said is refused with its place.
#![allow(clippy::unwrap_used)]

use proptest::prelude::{any, prop, proptest};

use super::*;

fn read(text: &str) -> (Option<String>, Vec<(String, String)>) {
    let predicate = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let tags = predicate.tags.into_iter().map(|tag| {
        assert_eq!(tag.values.len(), 1);
        (tag.tag, tag.values[0].clone())
    });
    (predicate.table.map(|table| table.to_string()), tags.collect())
}

fn tag(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn predicate_of_conditions_is_read() {
    let all = read(r#"tag1="value" AND tag2='v' AND _measurement="t""#);
    assert_eq!(all, (Some("t".into()), vec![tag("tag1", "value"), tag("tag2", "v")]));
    assert_eq!(read(""), (None, vec![]));
    assert_eq!(read(" \t\n"), (None, vec![]));
    assert_eq!(read("  host = eu-1.example/α and \"the rack\"= 'r 1' "), {
        (None, vec![tag("host", "eu-1.example/α"), tag("the rack", "r 1")])
    });
    assert_eq!(read("a=1 aNd a=1 AND b=''"), (None, vec![tag("a", "1"), tag("b", "")]));
    assert_eq!(read("_measurement=m AND _measurement='m'"), (Some("m".into()), vec![]));
    assert_eq!(read("\"_measurement\"=\"AND\" AND \"or\"=\"or\""), (Some("AND".into()), vec![tag("or", "or")]));
    assert_eq!(read("not=x"), (None, vec![tag("not", "x")]));
}

#[test]
fn predicate_quotes_are_undone() {
    assert_eq!(read(r#"a="say \"hi\" \\ \n 'x'""#), (None, vec![tag("a", r#"say "hi" \ \n 'x'"#)]));
    assert_eq!(read(r#"a='it\'s "x"'"#), (None, vec![tag("a", r#"it's "x""#)]));
    assert_eq!(read("a='(b=c) OR d!=e'"), (None, vec![tag("a", "(b=c) OR d!=e")]));
}

#[test]
fn predicate_that_cannot_be_said_is_refused_with_place_and_reason() {
    for (text, at, word) in [
        ("a=1 OR b=2", 5, "one delete for each side"),
        ("a='ü' or b=2", 7, "one delete for each side"),
        ("a!=1", 2, "!="),
        ("a = 1 AND b <> 2", 13, "<>"),
        ("a=~/x/", 2, "=~"),
        ("a !~ x", 3, "!~"),
        ("a>=1", 2, ">="),
        ("a==1", 2, "once"),
        ("(a=1)", 1, "parentheses"),
        ("a=(1)", 3, "parentheses"),
        ("a=1) AND b=2", 4, "parentheses"),
        ("NOT a=1", 1, "NOT"),
        ("a", 2, "the end"),
        ("a=", 3, "the end"),
        ("=1", 1, "\"=1\""),
        ("a=1 AND", 8, "the end"),
        ("a=1 AND AND b=2", 9, "not AND"),
        ("a=and", 3, "in quotes"),
        ("AND a=1", 1, "not AND"),
        ("a=1 b=2", 5, "AND or the end"),
        ("a=1, b=2", 4, "AND or the end"),
        ("a='x''y'", 6, "AND or the end"),
        ("a='x", 3, "never closed"),
        (r#"a="x\""#, 3, "never closed"),
        ("'a'=1", 1, "double quotes"),
        ("_field=v", 1, "whole rows"),
        ("a=1 AND _value=v", 9, "whole rows"),
        ("time='2020-01-01'", 1, "start and stop"),
        ("_time=x", 1, "start and stop"),
        ("a=1 AND a=2", 9, "no row has"),
        ("_measurement=m AND _measurement=n", 33, "no row is in"),
        ("_measurement=''", 14, "empty"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.at == at && error.problem.contains(word), "{text}: {error}");
        assert!(error.to_string().contains(&format!("character {at}")));
    }
}

#[test]
fn predicate_too_long_is_refused() {
    let text = format!("a='{}'", "x".repeat(PREDICATE_BYTES_MAX));
    assert!(parse(&text).unwrap_err().problem.contains("split it"));
    assert!(parse(&text[..PREDICATE_BYTES_MAX]).unwrap_err().problem.contains("never closed"));
}

proptest! {
    #[test]
    fn predicate_of_any_text_is_read_or_refused_within_it(text in any::<String>()) {
        if let Err(error) = parse(&text) {
            assert!((1..=text.chars().count() + 1).contains(&error.at), "{error}");
        }
    }

    #[test]
    fn predicate_of_like_text_is_read_or_refused_within_it(
        parts in prop::collection::vec(prop::sample::select(
            ["a", "=", "'", "\"", "\\", " ", "AND", "OR", "!=", "(", "ü", "_measurement", "=~", ","].as_slice()), 0..20)
    ) {
        let text = parts.concat();
        if let Err(error) = parse(&text) {
            assert!((1..=text.chars().count() + 1).contains(&error.at), "{error}");
        }
    }

    #[test]
    fn predicate_with_quoted_parts_reads_back(name in any::<String>(), value in any::<String>()) {
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let name = format!("t{name}");
        let text = format!("{}={} AND z=1", quoted(&name), quoted(&value));
        let expected = if name == "time" { return Ok(()) } else { vec![tag(&name, &value), tag("z", "1")] };
        assert_eq!(read(&text), (None, expected));
    }
}
