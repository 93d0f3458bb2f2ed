//! What holds for all bytes and all points: no panic, nothing lost, and encoding is the inverse of parsing.
#![allow(clippy::unwrap_used)]

use std::borrow::Cow;
use std::collections::BTreeMap;

use proptest::prelude::*;
use tidewell_line_protocol::{FieldValue, Line, Parser, encode};

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// Any text that line protocol can carry as a name.
fn name() -> impl Strategy<Value = String> {
    let text = prop_oneof![".{0,6}", r#"[ab ,=\\"\r#']{1,8}"#];
    text.prop_map(|text| {
        let text: String = text.chars().filter(|character| !matches!(character, '\n' | '\t' | '\0')).collect();
        let text = text.trim_end_matches('\\');
        if text.is_empty() { "x".to_owned() } else { text.to_owned() }
    })
}

fn value() -> impl Strategy<Value = FieldValue<'static>> {
    prop_oneof![
        any::<f64>().prop_filter("finite", |float| float.is_finite()).prop_map(FieldValue::Float),
        any::<i64>().prop_map(FieldValue::Integer),
        any::<u64>().prop_map(FieldValue::Unsigned),
        any::<bool>().prop_map(FieldValue::Boolean),
        prop_oneof![".{0,6}", r#"[a"\\\n\r, =]{0,8}"#].prop_map(|text| FieldValue::String(Cow::Owned(text))),
    ]
}

fn point() -> impl Strategy<Value = Line<'static>> {
    point_of_width(4)
}

fn point_of_width(columns_max: usize) -> impl Strategy<Value = Line<'static>> {
    let tags = proptest::collection::btree_map(name(), name(), 0..=columns_max);
    let fields = proptest::collection::btree_map(name(), value(), 1..=columns_max);
    (name(), tags, fields, any::<Option<i64>>()).prop_map(|(measurement, tags, fields, timestamp)| {
        let measurement = if measurement.starts_with('#') { format!("x{measurement}") } else { measurement };
        Line {
            measurement: Cow::Owned(measurement),
            tags: owned(tags).map(|(key, value)| (key, Cow::Owned(value))).collect(),
            fields: owned(fields).collect(),
            timestamp,
            ..Line::default()
        }
    })
}

fn owned<V>(pairs: BTreeMap<String, V>) -> impl Iterator<Item = (Cow<'static, str>, V)> {
    pairs.into_iter().map(|(key, value)| (Cow::Owned(key), value))
}

fn assert_same(read: &Line<'_>, point: &Line<'_>) {
    assert_eq!(read.measurement, point.measurement);
    assert_eq!(read.tags.as_slice(), point.tags.as_slice());
    assert_eq!(read.fields.as_slice(), point.fields.as_slice());
    assert_eq!(read.timestamp, point.timestamp);
}

/// Parses any bytes and checks what must hold for all of them.
fn check_body(body: &[u8]) {
    let outcomes: Vec<_> = Parser::new(body).collect();
    let line_count = body.split(|byte| *byte == b'\n').count();
    assert!(outcomes.len() <= line_count);
    let mut last_number = 0;
    let mut rest = body;
    for outcome in &outcomes {
        let (number, source) = match outcome {
            Ok(line) => (line.line_number, line.source),
            Err(error) => {
                assert!(error.column >= 1 && error.column <= error.source.len() + 1, "{error:?}");
                assert!(!error.to_string().is_empty());
                (error.line_number, error.source)
            }
        };
        assert!(number > last_number && number <= line_count);
        last_number = number;
        // Sources are in the body, one behind the other.
        let at = rest.windows(source.len().max(1)).position(|window| window == source);
        rest = &rest[at.unwrap() + source.len()..];
    }
    check_reparse(&outcomes);
}

/// A good line's source read alone is the same line, and so is what it encodes to.
fn check_reparse(outcomes: &[Result<Line<'_>, tidewell_line_protocol::LineError<'_>>]) {
    for line in outcomes.iter().flatten() {
        let alone: Vec<_> = Parser::new(line.source).collect();
        assert_eq!(alone.len(), 1);
        assert_same(alone[0].as_ref().unwrap(), line);
        let mut encoded = Vec::new();
        encode(line, &mut encoded).unwrap();
        let again: Vec<_> = Parser::new(&encoded).collect();
        assert_eq!(again.len(), 1);
        assert_same(again[0].as_ref().unwrap(), line);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20, ..config() })]

    #[test]
    fn wide_point_encoded_and_parsed_is_the_same(point in point_of_width(60)) {
        let mut body = Vec::new();
        encode(&point, &mut body).unwrap();
        let lines: Vec<Line<'_>> = Parser::new(&body).collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(lines.len(), 1);
        assert_same(&lines[0], &point);
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn point_encoded_and_parsed_is_the_same(points in proptest::collection::vec(point(), 1..4)) {
        let mut body = Vec::new();
        points.iter().for_each(|point| encode(point, &mut body).unwrap());
        let lines: Vec<Line<'_>> = Parser::new(&body).collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(lines.len(), points.len());
        lines.iter().zip(&points).for_each(|(line, point)| assert_same(line, point));
    }

    #[test]
    fn bytes_of_any_kind_are_read_without_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        check_body(&body);
    }

    #[test]
    fn bytes_of_the_grammar_are_read_without_panic(
        body in proptest::collection::vec(prop::sample::select(b"ma ,=\\\"\n\r\t#1i.-u\xc3\xa4\0e".to_vec()), 0..120),
    ) {
        check_body(&body);
    }

    #[test]
    fn points_with_changed_bytes_are_read_without_panic(
        points in proptest::collection::vec(point(), 1..4),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..5),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut body = Vec::new();
        points.iter().for_each(|point| encode(point, &mut body).unwrap());
        for (index, byte) in &changes {
            let at = index.index(body.len());
            body[at] = *byte;
        }
        body.truncate(cut.index(body.len()) + 1);
        check_body(&body);
    }

    #[test]
    fn bad_line_without_string_leaves_every_other_line(
        before in point(),
        bad in r#"([ab,\\" 1i]|=[ab,\\ 1i]){0,12}"#,
        after in point(),
    ) {
        // Without a quote behind an equals sign, which may open a string that a quote in the next line closes.
        let mut body = Vec::new();
        encode(&before, &mut body).unwrap();
        body.extend_from_slice(bad.as_bytes());
        body.push(b'\n');
        encode(&after, &mut body).unwrap();
        let good: Vec<Line<'_>> = Parser::new(&body).flatten().collect();
        prop_assert!(good.len() >= 2);
        assert_same(&good[0], &before);
        assert_same(good.last().unwrap(), &after);
    }
}
