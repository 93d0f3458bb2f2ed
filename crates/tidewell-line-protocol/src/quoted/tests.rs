//! Tests of string values.
#![allow(clippy::unwrap_used)]

use std::borrow::Cow;

use super::{find_end, read_string};
use crate::Reason;
use crate::cursor::Cursor;

fn read(text: &str) -> (Cow<'_, str>, &str, usize) {
    let mut cursor = Cursor::new(text, 0);
    let value = read_string(&mut cursor).unwrap();
    (value, &text[cursor.at..], cursor.newlines)
}

#[test]
fn string_without_escape_is_borrowed() {
    assert!(matches!(read(r#""a, b=c" 1"#), (Cow::Borrowed("a, b=c"), " 1", 0)));
    assert!(matches!(read(r#""""#), (Cow::Borrowed(""), "", 0)));
    assert!(matches!(read(r#""a\b" 1"#), (Cow::Borrowed(r"a\b"), " 1", 0)));
}

#[test]
fn string_escaped_quotes_and_backslashes_are_removed() {
    assert_eq!(read(r#""say \"hi\"",x"#).0, r#"say "hi""#);
    assert_eq!(read(r#""test\\""#).0, r"test\");
    assert_eq!(read(r#""too hot\\\\\cold""#).0, r"too hot\\\cold");
    assert_eq!(read(r#""\\\"\,""#).0, r#"\"\,"#);
}

#[test]
fn string_line_feeds_are_kept_and_counted() {
    assert_eq!(read("\"a\nb\n\"\n"), ("a\nb\n".into(), "\n", 2));
    assert_eq!(read("\"a\\\nb\"").0, "a\\\nb");
}

#[test]
fn string_unclosed_is_refused_at_its_quote() {
    for text in ["\"", "\"abc", "\"abc\\\"", "\"abc\\"] {
        let failure = read_string(&mut Cursor::new(text, 0)).unwrap_err();
        assert_eq!((failure.reason, failure.at), (Reason::UnterminatedString, 0));
    }
    assert_eq!(find_end(b"abc", 7), None);
}
