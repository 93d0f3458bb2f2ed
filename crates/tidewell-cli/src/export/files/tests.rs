//! Where files go.

use super::place_and_name;

#[test]
fn output_is_a_place_and_a_name() {
    assert_eq!(place_and_name("a.parquet"), ("", "a.parquet"));
    assert_eq!(place_and_name("x/y/a.csv"), ("x/y", "a.csv"));
    assert_eq!(place_and_name("/a.csv"), ("/", "a.csv"));
    assert_eq!(place_and_name("s3://bucket/a.csv"), ("s3://bucket", "a.csv"));
    assert_eq!(place_and_name("s3://bucket/deep/er/a.csv"), ("s3://bucket/deep/er", "a.csv"));
    assert_eq!(place_and_name("s3://bucket"), ("s3://bucket", ""));
}
