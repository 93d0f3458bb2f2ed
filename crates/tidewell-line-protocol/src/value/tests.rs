//! Tests of field values and of what may follow them.
#![allow(clippy::unwrap_used)]

use super::read_field;
use crate::cursor::Cursor;
use crate::error::Failure;
use crate::{FieldValue, Fields, Reason};

fn read(text: &str) -> Result<FieldValue<'_>, Failure> {
    let key = Cursor::new("key", 0).key().unwrap();
    let mut fields = Fields::new();
    read_field(&mut Cursor::new(text, 0), key, &mut fields).map(|()| fields.pop().unwrap().1)
}

fn value(text: &str) -> Result<FieldValue<'_>, Reason> {
    read(text).map_err(|failure| failure.reason)
}

#[test]
fn boolean_every_spelling_is_read() {
    for text in ["t", "T", "true", "True", "TRUE"] {
        assert_eq!(value(text), Ok(FieldValue::Boolean(true)), "{text}");
    }
    for text in ["f", "F", "false", "False", "FALSE"] {
        assert_eq!(value(&format!("{text},")), Ok(FieldValue::Boolean(false)), "{text}");
    }
}

#[test]
fn value_of_no_type_is_invalid() {
    for text in [
        "tr", "tRUE", "truee", "fALSE", "falsey", "yes", "NaN", "nan", "Inf", "-Inf", "+1", "+1i", "0x10", "1ii",
        "1abci", "1_000", "1e", "1e+", "1.2.3", "1d", "1.0i", "1e3i", "abc", "'a'", "a\"\"", "T\u{b}", "1\r", "1\t",
        "=1", "\u{b2}",
    ] {
        assert_eq!(value(text), Err(Reason::InvalidValue), "{text}");
    }
}

#[test]
fn value_missing_is_empty() {
    for text in ["", ",", " ", "\n", "\r\n"] {
        assert_eq!(value(text), Err(Reason::EmptyFieldValue), "{text:?}");
    }
}

#[test]
fn value_may_end_at_comma_space_or_line_end() {
    for end in [",", " ", "\n", "\r\n", ""] {
        for text in ["1", "1i", "t", "\"a\"", "1.5"] {
            assert!(value(&format!("{text}{end}")).is_ok(), "{text}{end:?}");
        }
    }
}

#[test]
fn string_followed_by_text_is_refused_behind_its_quote() {
    let failure = read("\"a\"b").unwrap_err();
    assert_eq!((failure.reason, failure.at), (Reason::TextAfterString, 3));
}
