//! Options by name.

use tidewell_types::FieldType;

use super::SETTINGS;
use crate::options::{CsvOptions, Decimal};
use crate::timezone::LocalTimes;

fn set(name: &str, text: &str) -> Result<CsvOptions, String> {
    let mut options = CsvOptions::default();
    options.set(name, text).map_err(|error| error.to_string())?;
    Ok(options)
}

#[test]
fn every_name_is_taken_with_a_good_value() {
    let good = [
        "tab", "none", "false", "a,b", "3", ",", "-200, NA", "t", "d, t", "epoch_ms", "+02:00", "later", "h", "x",
        "v:int",
    ];
    for (name, text) in SETTINGS.iter().zip(good) {
        assert_ne!(set(name, text).expect(name), CsvOptions::default(), "{name}");
    }
}

#[test]
fn values_arrive_where_they_belong() {
    assert_eq!(set("delimiter", "tab").expect("tab").delimiter, Some(b'\t'));
    assert_eq!(set("delimiter", ";").expect("one").delimiter, Some(b';'));
    assert_eq!(set("quote", "none").expect("none").quote, None);
    assert_eq!(set("decimal", ",").expect("comma").decimal, Decimal::Comma);
    assert_eq!(set("na", "-200, NA").expect("two").missing, Some(vec!["-200".to_owned(), "NA".to_owned()]));
    assert_eq!(set("time_columns", "date,clock").expect("two").time_columns, ["date", "clock"]);
    assert_eq!(set("local_times", "earlier").expect("one").local_times, LocalTimes::Earlier);
    let types = set("column_types", "a:b:float,n:u64").expect("two").column_types;
    assert_eq!(types, [("a:b".to_owned(), FieldType::Float), ("n".to_owned(), FieldType::Unsigned)]);
}

#[test]
fn bad_value_is_refused_with_what_would_do() {
    for (name, text, wanted) in [
        ("delimiter", "ab", "one ASCII character"),
        ("header", "maybe", "true or false"),
        ("skip_lines", "-1", "a count of lines"),
        ("decimal", "x", "auto, point or comma"),
        ("timezone", "Mars/Olympus", "Europe/Berlin"),
        ("local_times", "never", "refuse, earlier or later"),
        ("column_types", "a", "column:type"),
        ("column_types", "a:complex", "boolean or string"),
        ("colour", "red", "no option is called \"colour\""),
    ] {
        let refused = set(name, text).expect_err(name);
        assert!(refused.contains(wanted), "{name}: {refused}");
    }
}
