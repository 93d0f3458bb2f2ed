//! The parser against the `influxdb-line-protocol` crate: where both accept a body, they read the same points.
//!
//! The two differ by design, and the tests leave these out:
//! - A doubled backslash in a name: the reference reads one backslash, here both stay (as other parsers have it), so no
//!   generated name holds one.
//! - A field named twice: the reference gives it twice, here the last value counts; its points are collapsed first.
//! - A tag named twice, an equals sign in a tag value, a comma in a key, and a float too large for an `f64`: the reference
//!   accepts them, here they are errors.
//! - CRLF, `1.`, `.5`, trailing spaces without a timestamp: accepted here, errors there.
//! - A bad line with a stray quote: the reference may join it with the lines behind it; only bodies without an error on
//!   either side are compared.
#![allow(clippy::unwrap_used)]

use influxdb_line_protocol::{FieldValue as ReferenceValue, ParsedLine, parse_lines};
use proptest::prelude::*;
use tidewell_line_protocol::{FieldValue, Line, Parser};

/// A point with everything owned and comparable: floats by their bits.
#[derive(Debug, PartialEq)]
struct Point {
    measurement: String,
    tags: Vec<(String, String)>,
    fields: Vec<(String, String)>,
    timestamp: Option<i64>,
}

fn point_of(line: &Line<'_>) -> Point {
    let value_of = |value: &FieldValue<'_>| match value {
        FieldValue::Float(float) => format!("float {:x}", float.to_bits()),
        FieldValue::Integer(integer) => format!("integer {integer}"),
        FieldValue::Unsigned(unsigned) => format!("unsigned {unsigned}"),
        FieldValue::Boolean(boolean) => format!("boolean {boolean}"),
        FieldValue::String(text) => format!("string {text}"),
    };
    Point {
        measurement: line.measurement.to_string(),
        tags: line.tags.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        fields: line.fields.iter().map(|(key, value)| (key.to_string(), value_of(value))).collect(),
        timestamp: line.timestamp,
    }
}

fn point_of_reference(line: &ParsedLine<'_>) -> Point {
    let value_of = |value: &ReferenceValue<'_>| match value {
        ReferenceValue::F64(float) => format!("float {:x}", float.to_bits()),
        ReferenceValue::I64(integer) => format!("integer {integer}"),
        ReferenceValue::U64(unsigned) => format!("unsigned {unsigned}"),
        ReferenceValue::Boolean(boolean) => format!("boolean {boolean}"),
        ReferenceValue::String(text) => format!("string {text}"),
    };
    let mut fields: Vec<(String, String)> = Vec::new();
    for (key, value) in &line.field_set {
        match fields.iter_mut().find(|(name, _)| name == key.as_str()) {
            Some(field) => field.1 = value_of(value),
            None => fields.push((key.to_string(), value_of(value))),
        }
    }
    Point {
        measurement: line.series.measurement.to_string(),
        tags: line.series.tag_set.iter().flatten().map(|(key, value)| (key.to_string(), value.to_string())).collect(),
        fields,
        timestamp: line.timestamp,
    }
}

/// The points of both parsers, where both accept every line.
fn both(body: &str) -> Option<(Vec<Point>, Vec<Point>)> {
    let ours: Vec<Line<'_>> = Parser::new(body.as_bytes()).collect::<Result<_, _>>().ok()?;
    let theirs: Vec<ParsedLine<'_>> = parse_lines(body).collect::<Result<_, _>>().ok()?;
    Some((ours.iter().map(point_of).collect(), theirs.iter().map(point_of_reference).collect()))
}

fn name() -> impl Strategy<Value = String> {
    r##"([a-c\."#é]|\\[, =]|\\[xn"]){1,4}"##
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?[0-9]{1,19}i",
        "[0-9]{1,20}u",
        r"-?[0-9]{1,18}(\.[0-9]{1,18})?([eE][-+]?[0-9]{1,2})?",
        "t|T|true|True|TRUE|f|F|false|False|FALSE",
        r##""([a-c ,=\n#é]|\\["\\x])*""##,
    ]
}

fn line() -> impl Strategy<Value = String> {
    let tags = proptest::collection::vec((name(), name()), 0..4);
    let fields = proptest::collection::vec((name(), value()), 1..4);
    let join = |pairs: Vec<(String, String)>| {
        pairs.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(",")
    };
    (name(), tags, " {1,3}", fields, proptest::option::of(" {1,2}-?[0-9]{1,18} {0,2}")).prop_map(
        move |(measurement, tags, gap, fields, end)| {
            // A comment is no line to compare.
            let measurement = measurement.replacen('#', "m", usize::from(measurement.starts_with('#')));
            let comma = if tags.is_empty() { "" } else { "," };
            format!("{measurement}{comma}{}{gap}{}{}", join(tags), join(fields), end.unwrap_or_default())
        },
    )
}

/// `body` with some characters replaced, removed or inserted.
fn mutate(body: &str, edits: &[(prop::sample::Index, Option<char>, bool)]) -> String {
    let mut characters: Vec<char> = body.chars().collect();
    for (index, character, inserts) in edits {
        let at = index.index(characters.len() + 1);
        match (character, at < characters.len()) {
            (Some(character), true) if !inserts => characters[at] = *character,
            (Some(character), _) => characters.insert(at, *character),
            (None, true) => drop(characters.remove(at)),
            (None, false) => {}
        }
    }
    characters.into_iter().collect()
}

fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, Option<char>, bool)>> {
    let character = prop::sample::select(vec![',', '=', ' ', '"', '\n', '#', 'i', '1', '.', '-', 'é', '\u{1}']);
    proptest::collection::vec((any::<prop::sample::Index>(), proptest::option::of(character), any::<bool>()), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_bodies_read_as_the_reference_reads_them(lines in proptest::collection::vec(line(), 1..4)) {
        let body = lines.join("\n");
        if let Some((ours, theirs)) = both(&body) {
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn generated_line_the_reference_accepts_is_accepted(line in line()) {
        let theirs: Result<Vec<ParsedLine<'_>>, _> = parse_lines(&line).collect();
        let Ok(theirs) = theirs else { return Ok(()) };
        let has_duplicate_tag = theirs.iter().any(|line| {
            let keys: Vec<&str> = line.series.tag_set.iter().flatten().map(|(key, _)| key.as_str()).collect();
            keys.iter().enumerate().any(|(index, key)| keys[..index].contains(key))
        });
        let ours: Result<Vec<Line<'_>>, _> = Parser::new(line.as_bytes()).collect();
        prop_assert_eq!(ours.is_ok(), !has_duplicate_tag, "{:?}", ours.map(|lines| lines.len()));
    }

    #[test]
    fn mutated_bodies_read_as_the_reference_reads_them(lines in proptest::collection::vec(line(), 1..3), edits in edits()) {
        let body = mutate(&lines.join("\n"), &edits).replace(r"\\", "x");
        if let Some((ours, theirs)) = both(&body) {
            prop_assert_eq!(ours, theirs);
        }
    }
}

#[test]
fn comparison_compares_something() {
    let (ours, theirs) = both("a\\ b,t=x\\=y f=1.5,g=\"q\\\"\\\\\n\",f=2i 5\n# c\n\nb h=t").unwrap();
    assert_eq!(ours, theirs);
    assert_eq!(ours.len(), 2);
    assert_eq!(ours[0].fields, [("f".into(), "integer 2".into()), ("g".into(), "string q\"\\\n".into())]);
    assert!(both("m f=1,").is_none());
}
