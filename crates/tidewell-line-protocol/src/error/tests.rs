//! Tests of what refused lines say.
#![allow(clippy::unwrap_used)]

use crate::{Parser, Reason};

fn error_of(body: &str) -> crate::LineError<'_> {
    Parser::new(body.as_bytes()).find_map(Result::err).unwrap()
}

#[test]
fn message_names_line_column_reason_remedy_and_place() {
    let message = error_of("a f=1\n\ncpu,host=a f=abc 12\n").to_string();
    assert!(message.starts_with("line 3, column 14: the value is not a float"), "{message}");
    assert!(message.ends_with(": put double quotes around text (at \"abc 12\")"), "{message}");
}

#[test]
fn message_with_long_rest_quotes_its_start() {
    let line = format!("cpu f={}", "x".repeat(100));
    let message = error_of(&line).to_string();
    assert!(message.ends_with(&format!("(at \"{}\"…)", "x".repeat(40))), "{message}");
}

#[test]
fn message_with_nothing_left_says_end_of_line() {
    let message = error_of("cpu").to_string();
    assert!(message.starts_with("line 1, column 4: the line has no fields"), "{message}");
    assert!(message.ends_with("(at the end of the line)"), "{message}");
}

#[test]
fn message_with_invalid_utf8_prints_replacement() {
    let error = Parser::new(b"cpu f=\"\xff\"").find_map(Result::err).unwrap();
    assert_eq!((error.reason, error.column), (Reason::InvalidUtf8, 8));
    assert!(error.to_string().contains('\u{FFFD}'));
}
