//! Tests of folders called `name=value`.
#![allow(clippy::unwrap_used)]

use super::hive_tags;

fn tag(name: &str, value: Option<&str>) -> (String, Option<String>) {
    (name.to_owned(), value.map(str::to_owned))
}

#[test]
fn hive_folders_become_tags_outermost_first() {
    let tags = hive_tags("s3://bucket/year=2021.0/is%20active=false/plain/city=M%C3%BCnchen/part-0=1.parquet").unwrap();
    assert_eq!(tags, [tag("year", Some("2021.0")), tag("is active", Some("false")), tag("city", Some("München"))]);
}

#[test]
fn hive_null_and_odd_folders_are_read_as_they_are() {
    let tags = hive_tags("a=__HIVE_DEFAULT_PARTITION__/b=/c=x=y/=d/e=100%/f=%zz/x.parquet").unwrap();
    assert_eq!(
        tags,
        [tag("a", None), tag("b", None), tag("c", Some("x=y")), tag("e", Some("100%")), tag("f", Some("%zz"))]
    );
}

#[test]
fn hive_same_name_twice_or_no_utf8_is_refused() {
    assert!(hive_tags("a=1/a=2/x.parquet").unwrap_err().contains("another \"a\""));
    assert!(hive_tags("a=%ff/x.parquet").unwrap_err().contains("UTF-8"));
}
