//! Tests of names and their escapes.
#![allow(clippy::unwrap_used)]

use std::borrow::Cow;

use super::Cursor;
use crate::Reason;

fn key(text: &str) -> (Cow<'_, str>, &str) {
    let mut cursor = Cursor::new(text, 0);
    let name = cursor.key().unwrap().unescaped();
    (name, &text[cursor.at..])
}

fn measurement(text: &str) -> (Cow<'_, str>, &str) {
    let mut cursor = Cursor::new(text, 0);
    let name = cursor.measurement().unwrap().unescaped();
    (name, &text[cursor.at..])
}

#[test]
fn key_without_escape_is_borrowed() {
    assert!(matches!(key("host=a"), (Cow::Borrowed("host"), "=a")));
    assert!(matches!(key("a\\b=a"), (Cow::Borrowed("a\\b"), "=a")));
}

#[test]
fn key_escapes_of_comma_equals_and_space_are_removed() {
    assert_eq!(key(r"a\,b\=c\ d=1"), ("a,b=c d".into(), "=1"));
    assert_eq!(key(r"\ =1"), (" ".into(), "=1"));
}

#[test]
fn key_other_backslashes_stay() {
    assert_eq!(key(r#"a\nb\"c\\d=1"#), (r#"a\nb\"c\\d"#.into(), "=1"));
    assert_eq!(key(r"a\\,b=1"), (r"a\,b".into(), "=1"));
    assert_eq!(key(r"a\"), (r"a\".into(), ""));
}

#[test]
fn measurement_equals_sign_is_ordinary() {
    assert_eq!(measurement("a=b,c"), ("a=b".into(), ",c"));
    assert_eq!(measurement(r"a\=b\,c\ d e"), (r"a\=b,c d".into(), " e"));
}

#[test]
fn name_control_characters_stay_but_tab_and_nul_are_refused() {
    assert_eq!(key("a\u{1}\u{b}b=1"), ("a\u{1}\u{b}b".into(), "=1"));
    for text in ["a\tb=1", "a\0b=1", "a\\\tb=1"] {
        let failure = Cursor::new(text, 0).key().unwrap_err();
        assert_eq!(failure.reason, Reason::ForbiddenCharacter);
    }
}

#[test]
fn line_end_is_lf_crlf_or_the_end_but_not_a_lone_cr() {
    assert!(Cursor::new("\n", 0).ends_line(0));
    assert!(Cursor::new("\r\n", 0).ends_line(0));
    assert!(Cursor::new("", 0).ends_line(0));
    assert!(!Cursor::new("\r", 0).ends_line(0));
    assert!(!Cursor::new("\rx", 0).ends_line(0));
}
