//! The public line protocol cases: what other parsers agree to accept and to refuse.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::Path;

use serde_json::Value;
use tidewell_line_protocol::{FieldValue, Line, Parser, Precision};

/// The file's JSON, or `None` (and a note) where the corpus is not at hand.
fn read_corpus(name: &str) -> Option<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    if !folder.is_dir() {
        println!("skipped: no ../shared/corpus");
        return None;
    }
    let text = std::fs::read_to_string(folder.join("lineprotocol").join(name)).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

fn decode_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits: Vec<u32> = text
        .bytes()
        .filter(|byte| *byte != b'=')
        .map(|byte| DIGITS.iter().position(|digit| *digit == byte).unwrap() as u32)
        .collect();
    let mut bytes = Vec::new();
    for four in digits.chunks(4) {
        let word = four.iter().fold(0, |word, digit| word << 6 | digit) << (6 * (4 - four.len()));
        bytes.extend_from_slice(&word.to_be_bytes()[1..four.len()]);
    }
    bytes
}

fn body_of(case: &Value) -> Vec<u8> {
    match case["input"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => decode_base64(case["input_b64"].as_str().unwrap()),
    }
}

fn matches(value: &FieldValue<'_>, expected: &Value) -> bool {
    let number = &expected["value"];
    match (value, expected["type"].as_str().unwrap()) {
        (FieldValue::Float(float), "float") => number.as_f64().unwrap().to_bits() == float.to_bits(),
        (FieldValue::Integer(integer), "int") => number.as_i64().unwrap() == *integer,
        (FieldValue::Unsigned(unsigned), "uint") => number.as_u64().unwrap() == *unsigned,
        (FieldValue::Boolean(boolean), "bool") => number.as_bool().unwrap() == *boolean,
        (FieldValue::String(text), "string") => number.as_str().unwrap() == text,
        _ => false,
    }
}

fn assert_point(line: &Line<'_>, expected: &Value, precision: Precision, id: &str) {
    assert_eq!(line.measurement, expected["measurement"].as_str().unwrap(), "{id}");
    let mut tags: Vec<(&str, &str)> = line.tags.iter().map(|(key, value)| (key.as_ref(), value.as_ref())).collect();
    tags.sort_unstable();
    let mut expected_tags: Vec<(&str, &str)> = expected["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| (tag[0].as_str().unwrap(), tag[1].as_str().unwrap()))
        .collect();
    expected_tags.sort_unstable();
    assert_eq!(tags, expected_tags, "{id}");
    let expected_fields = expected["fields"].as_array().unwrap();
    assert_eq!(line.fields.len(), expected_fields.len(), "{id}");
    for field in expected_fields {
        let key = field[0].as_str().unwrap();
        let (_, value) = line.fields.iter().find(|(name, _)| name == key).unwrap();
        assert!(matches(value, &field[1]), "{id}: {value:?} is not {}", field[1]);
    }
    let time_ns = line.timestamp.map(|raw| precision.to_ns(raw).unwrap().as_ns());
    assert_eq!(time_ns, expected["time_ns"].as_i64(), "{id}");
}

#[test]
fn corpus_accepted_bodies_give_their_points() {
    let Some(corpus) = read_corpus("lp_dev.json") else { return };
    let mut count = 0;
    for case in corpus["cases"].as_array().unwrap().iter().filter(|case| case["expect"] == "accept") {
        let id = case["id"].as_str().unwrap();
        let precision: Precision = case["precision"].as_str().unwrap().parse().unwrap();
        let body = body_of(case);
        let lines: Vec<Line<'_>> =
            Parser::new(&body).map(|line| line.unwrap_or_else(|error| panic!("{id}: {error}"))).collect();
        let points = case["points"].as_array().unwrap();
        assert_eq!(lines.len(), points.len(), "{id}");
        lines.iter().zip(points).for_each(|(line, point)| assert_point(line, point, precision, id));
        count += 1;
    }
    assert!(count > 50, "only {count} cases");
}

#[test]
fn corpus_rejected_bodies_have_an_error_and_keep_their_good_lines() {
    let Some(corpus) = read_corpus("lp_dev.json") else { return };
    let mut count = 0;
    for case in corpus["cases"].as_array().unwrap().iter().filter(|case| case["expect"] == "reject") {
        let body = body_of(case);
        let (good, bad): (Vec<_>, Vec<_>) = Parser::new(&body).partition(Result::is_ok);
        let id = case["id"].as_str().unwrap();
        assert!(!bad.is_empty(), "{id}: {:?}", String::from_utf8_lossy(&body));
        assert!(good.len() as u64 >= case["good_lines_v3"].as_u64().unwrap(), "{id}: {} good lines", good.len());
        count += 1;
    }
    assert!(count > 40, "only {count} cases");
}

/// What these clients mean by an escape that line protocol reads as it stands: `\=` in a measurement, and a backslash before
/// a line feed or carriage return in a string.
fn as_written(text: &str) -> String {
    text.replace('\n', "\\\n").replace('\r', "\\\r")
}

fn assert_columns(line: &Line<'_>, case: &Value, name: &str) {
    let table = case["table"].as_str().unwrap();
    assert_eq!(line.measurement.replace("\\=", "="), table, "{name}");
    for symbol in case["symbols"].as_array().unwrap() {
        let key = symbol["name"].as_str().unwrap();
        let (_, value) = line.tags.iter().find(|(tag, _)| tag == key).unwrap();
        assert_eq!(value, symbol["value"].as_str().unwrap(), "{name}");
    }
    for column in case["columns"].as_array().unwrap() {
        let key = column["name"].as_str().unwrap();
        let (_, value) = line.fields.iter().find(|(field, _)| field == key).unwrap();
        let expected = &column["value"];
        let same = match value {
            FieldValue::Float(float) => expected.as_f64().unwrap().to_bits() == float.to_bits(),
            FieldValue::Integer(integer) => expected.as_i64() == Some(*integer),
            FieldValue::Boolean(boolean) => expected.as_bool() == Some(*boolean),
            FieldValue::String(text) => as_written(expected.as_str().unwrap()) == *text,
            FieldValue::Unsigned(_) => false,
        };
        assert!(same, "{name}: {value:?} is not {expected}");
    }
}

#[test]
fn corpus_client_encodings_give_their_columns() {
    let Some(corpus) = read_corpus("questdb_success.json") else { return };
    let mut count = 0;
    for case in corpus.as_array().unwrap() {
        let columns = case["columns"].as_array().unwrap();
        if columns.is_empty() || columns.iter().any(|column| column["type"] == "DECIMAL") {
            continue;
        }
        let name = case["name"].as_str().unwrap();
        let spellings = case["line"].as_array().cloned().unwrap_or_else(|| vec![case["line"].clone()]);
        for spelling in &spellings {
            let body = spelling.as_str().unwrap();
            let lines: Vec<Line<'_>> = Parser::new(body.as_bytes()).collect::<Result<_, _>>().unwrap();
            assert_eq!(lines.len(), 1, "{name}");
            assert_columns(&lines[0], case, name);
        }
        count += 1;
    }
    assert!(count >= 6, "only {count} cases");
}
