//! Names, media types and weights of formats.
#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn format_name_reads_back_as_itself() {
    for format in [Format::Json, Format::JsonLines, Format::Csv, Format::Parquet, Format::Pretty] {
        assert_eq!(format.to_string().parse::<Format>(), Ok(format));
    }
}

#[test]
fn format_aliases_in_any_case_are_read() {
    for (text, format) in [
        ("json_lines", Format::JsonLines),
        ("NDJSON", Format::JsonLines),
        ("table", Format::Pretty),
        ("CSV", Format::Csv),
    ] {
        assert_eq!(text.parse::<Format>(), Ok(format), "{text}");
    }
    assert_eq!(
        "xml".parse::<Format>().unwrap_err().to_string(),
        "unknown format \"xml\": use json, jsonl, csv, parquet or pretty"
    );
}

#[test]
fn accept_header_picks_the_known_type_of_the_highest_weight() {
    let cases = [
        ("*/*", Some(Format::Json)),
        ("text/csv", Some(Format::Csv)),
        ("Text/CSV; charset=utf-8", Some(Format::Csv)),
        ("application/jsonl", Some(Format::JsonLines)),
        ("application/vnd.apache.parquet", Some(Format::Parquet)),
        ("text/csv;q=0.5, application/jsonl;q=0.9", Some(Format::JsonLines)),
        ("application/json, text/csv", Some(Format::Json)),
        ("text/csv;q=0", None),
        ("application/x-msgpack", None),
        ("image/png, text/csv;q=0.1", Some(Format::Csv)),
        ("", None),
    ];
    for (header, wanted) in cases {
        assert_eq!(Format::from_accept(header), wanted, "{header}");
    }
}
