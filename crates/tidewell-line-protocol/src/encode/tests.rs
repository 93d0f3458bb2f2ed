//! Tests of encoding.
#![allow(clippy::unwrap_used)]

use super::{EncodeError, encode};
use crate::{FieldValue, Line};

fn point<'a>(measurement: &'a str, tags: &[(&'a str, &'a str)], fields: &[(&'a str, FieldValue<'a>)]) -> Line<'a> {
    Line {
        measurement: measurement.into(),
        tags: tags.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        fields: fields.iter().map(|(key, value)| ((*key).into(), value.clone())).collect(),
        timestamp: Some(-7),
        ..Line::default()
    }
}

const ONE: FieldValue<'static> = FieldValue::Integer(1);

fn refusal(point: &Line<'_>) -> EncodeError {
    let mut out = b"kept".to_vec();
    let error = encode(point, &mut out).unwrap_err();
    assert_eq!(out, b"kept");
    error
}

#[test]
fn encode_escapes_names_and_strings() {
    let fields = [
        ("a,b", FieldValue::String("say \"hi\" \\ \n".into())),
        ("f", FieldValue::Float(-0.5)),
        ("g", FieldValue::Float(1e300)),
        ("i", FieldValue::Integer(i64::MIN)),
        ("u", FieldValue::Unsigned(u64::MAX)),
        ("t", FieldValue::Boolean(true)),
    ];
    let mut out = Vec::new();
    encode(&point("m,=\\ n", &[("k=,", "v \"")], &fields), &mut out).unwrap();
    let expected = "m\\,=\\\\ n,k\\=\\,=v\\ \" a\\,b=\"say \\\"hi\\\" \\\\ \n\",f=-0.5,g=1e300,\
                    i=-9223372036854775808i,u=18446744073709551615u,t=true -7\n";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn encode_what_has_no_words_is_refused() {
    let empty = |part| EncodeError::EmptyName { part };
    assert_eq!(refusal(&point("", &[], &[("f", ONE)])), empty("measurement"));
    assert_eq!(refusal(&point("m", &[("", "v")], &[("f", ONE)])), empty("tag key"));
    assert_eq!(refusal(&point("m", &[("k", "")], &[("f", ONE)])), empty("tag value"));
    assert_eq!(refusal(&point("m", &[], &[("", ONE)])), empty("field key"));
    assert_eq!(refusal(&point("m", &[], &[])), EncodeError::NoFields);
    assert!(matches!(refusal(&point("#m", &[], &[("f", ONE)])), EncodeError::CommentMeasurement { .. }));
    assert!(matches!(refusal(&point("m\\", &[], &[("f", ONE)])), EncodeError::TrailingBackslash { .. }));
    assert!(matches!(refusal(&point("m", &[("k", "a\nb")], &[("f", ONE)])), EncodeError::ForbiddenCharacter { .. }));
    assert!(matches!(refusal(&point("m", &[("k", "a"), ("k", "b")], &[("f", ONE)])), EncodeError::Duplicate { .. }));
    assert!(matches!(refusal(&point("m", &[], &[("f", ONE), ("f", ONE)])), EncodeError::Duplicate { .. }));
    let error = refusal(&point("m", &[], &[("f", FieldValue::Float(f64::NAN))]));
    assert_eq!(error.to_string(), "field \"f\" is NaN, which is not a number that can be sent: leave the field out");
}
