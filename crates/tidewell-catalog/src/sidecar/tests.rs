//! What YAML files say.
#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn sidecar_of_ts_indexer_is_read() {
    let yaml = "name: electricity_demand\nts_id:\n  - name: item_id\n    type: str\ntargets:\n  - name: target\n\
                type: public\ndescription: 'One long\n  series.'\nsource: monash\n";
    let sidecar = Sidecar::parse(yaml.as_bytes()).unwrap();
    assert_eq!(sidecar.name.as_deref(), Some("electricity_demand"));
    assert_eq!(sidecar.series_columns, Some(vec!["item_id".to_owned()]));
    assert_eq!(sidecar.description.as_deref(), Some("One long series."));
    let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(sidecar.tags, [tag("source", "monash"), tag("type", "public")]);
}

#[test]
fn sidecar_in_every_spelling_is_read() {
    let parse = |yaml: &str| Sidecar::parse(yaml.as_bytes()).unwrap();
    assert_eq!(parse(""), Sidecar::default());
    assert_eq!(parse("series_id: a").series_columns, Some(vec!["a".to_owned()]));
    assert_eq!(parse("series_id_columns: [a, b]").series_columns, Some(vec!["a".to_owned(), "b".to_owned()]));
    assert_eq!(parse("series_id: []").series_columns, Some(Vec::new()));
    assert_eq!(parse("tags: [a, 2]").tags.len(), 2);
    assert_eq!(parse("tags: {a: 1, b: }").tags.len(), 2);
    assert_eq!(parse("time_unit: ms").time_unit, Some(NumberUnit::Milliseconds));
    assert_eq!(parse("time_column: at\ntime_format: '%Y'").time_format.as_deref(), Some("%Y"));
}

#[test]
fn sidecar_that_makes_no_sense_says_why_in_one_line() {
    for (yaml, part) in [
        ("- a\n- b", "no map"),
        ("name: [a]", "name is no text"),
        ("series_id: {a: b}", "without a name"),
        ("series_id: 5", "neither a column nor a list"),
        ("series_id: [a, a]", "twice"),
        ("tags: {a: {b: c}}", "tags are neither"),
        ("time_unit: days", "use ns, us, ms or s"),
        ("a: [", ""),
        ("\u{0}", ""),
    ] {
        let reason = Sidecar::parse(yaml.as_bytes()).unwrap_err();
        assert!(reason.contains(part) && !reason.contains('\n') && !reason.is_empty(), "{yaml}: {reason}");
    }
    assert!(Sidecar::parse(&[0xff, 0xfe, 0x00]).is_err());
}

#[test]
fn sidecar_that_unfolds_to_very_much_is_refused() {
    let mut yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let before = format!("*a{}", level - 1);
        yaml += &format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(", "));
    }
    assert!(Sidecar::parse(yaml.as_bytes()).is_err());
    assert!(Sidecar::parse(("a: ".to_owned() + &"[".repeat(100_000)).as_bytes()).is_err());
}
