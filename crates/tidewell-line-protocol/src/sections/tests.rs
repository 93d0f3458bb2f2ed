//! Tests of the grammar: what each section refuses, and where.
#![allow(clippy::unwrap_used)]

use crate::{FieldValue, Line, Parser, Reason};

fn only(body: &str) -> Line<'_> {
    let mut parser = Parser::new(body.as_bytes());
    let line = parser.next().unwrap().unwrap();
    assert!(parser.next().is_none());
    line
}

fn refusal(body: &str) -> (Reason, usize) {
    let mut parser = Parser::new(body.as_bytes());
    let error = parser.next().unwrap().unwrap_err();
    (error.reason, error.column)
}

#[test]
fn line_with_everything_gives_every_section() {
    let line = only(r#"my\ cpu,host=a\,b,re\=gion=eu u=0.5,n=8i,m=9u,ok=true,"q"="say \"hi\"" -17"#);
    assert_eq!(line.measurement, "my cpu");
    let tags: Vec<_> = line.tags.iter().map(|(key, value)| (key.as_ref(), value.as_ref())).collect();
    assert_eq!(tags, [("host", "a,b"), ("re=gion", "eu")]);
    let fields: Vec<_> = line.fields.iter().map(|(key, value)| (key.as_ref(), value.clone())).collect();
    assert_eq!(
        fields,
        [
            ("u", FieldValue::Float(0.5)),
            ("n", FieldValue::Integer(8)),
            ("m", FieldValue::Unsigned(9)),
            ("ok", FieldValue::Boolean(true)),
            ("\"q\"", FieldValue::String("say \"hi\"".into())),
        ]
    );
    assert_eq!(line.timestamp, Some(-17));
}

#[test]
fn line_quote_outside_of_values_is_an_ordinary_character() {
    assert_eq!(only("\" f=1").measurement, "\"");
    assert_eq!(only("m,t=\"a \"b=1").tags[0].1, "\"a");
}

#[test]
fn line_spaces_between_sections_and_at_the_end_are_skipped() {
    let line = only("  m,t=a   f=1   5   ");
    assert_eq!((line.measurement.as_ref(), line.timestamp), ("m", Some(5)));
    assert_eq!(only("m f=1   ").timestamp, None);
}

#[test]
fn line_field_named_twice_keeps_the_last_value() {
    let line = only("m f=1,g=2,f=3i");
    assert_eq!(line.fields.as_slice(), [("f".into(), FieldValue::Integer(3)), ("g".into(), FieldValue::Float(2.0))]);
}

#[test]
fn line_ten_thousand_tags_and_fields_are_read() {
    let tags: String = (0..10_000).map(|index| format!(",t{index}=v")).collect();
    let fields: Vec<String> = (0..10_000).map(|index| format!("f{}=1", index % 5_000)).collect();
    let body = format!("m{tags} {}", fields.join(","));
    let line = only(&body);
    assert_eq!((line.tags.len(), line.fields.len()), (10_000, 5_000));
    let doubled = format!("m{tags},t77=w f=1");
    assert_eq!(refusal(&doubled), (Reason::DuplicateTag, doubled.find("t77=w").unwrap() + 1));
}

#[test]
fn refusal_of_the_series_names_its_place() {
    for (body, expected) in [
        (",t=a f=1", (Reason::MissingMeasurement, 1)),
        ("m", (Reason::MissingFields, 2)),
        ("m\r\n", (Reason::MissingFields, 2)),
        ("m,t=a", (Reason::MissingFields, 6)),
        ("m,t=a  ", (Reason::MissingFields, 8)),
        ("m \r\n", (Reason::MissingFields, 3)),
        ("m, f=1", (Reason::EmptyTagKey, 3)),
        ("m,=a f=1", (Reason::EmptyTagKey, 3)),
        ("m,,t=a f=1", (Reason::EmptyTagKey, 3)),
        ("m,t f=1", (Reason::TagWithoutValue, 3)),
        ("m,t,u=a f=1", (Reason::TagWithoutValue, 3)),
        ("m,t= f=1", (Reason::EmptyTagValue, 5)),
        ("m,t=,u=a f=1", (Reason::EmptyTagValue, 5)),
        ("m,t=a=b f=1", (Reason::UnescapedEquals, 6)),
        ("m\\,x,a=1,b\\,=2,a=3 f=1", (Reason::DuplicateTag, 16)),
        ("m,t=a\tb f=1", (Reason::ForbiddenCharacter, 6)),
        ("  m,t f=1", (Reason::TagWithoutValue, 5)),
    ] {
        assert_eq!(refusal(body), expected, "{body:?}");
    }
}

#[test]
fn refusal_of_fields_and_timestamp_names_its_place() {
    for (body, expected) in [
        ("m =1", (Reason::EmptyFieldKey, 3)),
        ("m f=1,", (Reason::EmptyFieldKey, 7)),
        ("m f=1, g=2", (Reason::EmptyFieldKey, 7)),
        ("m f", (Reason::FieldWithoutValue, 3)),
        ("m a b=1", (Reason::FieldWithoutValue, 3)),
        ("m f=", (Reason::EmptyFieldValue, 5)),
        ("m f=1 x", (Reason::InvalidTimestamp, 7)),
        ("m f=1 1-", (Reason::InvalidTimestamp, 7)),
        ("m f=1 1.5", (Reason::InvalidTimestamp, 7)),
        ("m f=1 +1", (Reason::InvalidTimestamp, 7)),
        ("m f=1 g=2", (Reason::InvalidTimestamp, 7)),
        ("m f=1 9223372036854775808", (Reason::TimestampOutOfRange, 7)),
        ("m f=1 1 2", (Reason::TextAfterTimestamp, 9)),
        ("m f=1 \t", (Reason::InvalidTimestamp, 7)),
        ("m f=\"a", (Reason::UnterminatedString, 5)),
    ] {
        assert_eq!(refusal(body), expected, "{body:?}");
    }
}
