//! Types of answers.
#![allow(clippy::unwrap_used)]

use serde_json::json;

use crate::QueryError;
use crate::sample::Database;

#[tokio::test]
async fn text_of_any_kind_is_utf8_and_instants_are_nanoseconds() {
    let mut database = Database::new();
    database.write("t,a=x v=1 1500000000");
    let text = "SELECT a, arrow_cast(a, 'Utf8View'), arrow_cast(a, 'LargeUtf8'), arrow_cast(time, 'Timestamp(Second, None)'), \
                arrow_cast(time, 'Timestamp(Millisecond, Some(\"UTC\"))'), [a, a] FROM t";
    let answer = database.sql(text).await.unwrap();
    let (second, half) = (json!("1970-01-01T00:00:01.000000000Z"), json!("1970-01-01T00:00:01.500000000Z"));
    assert_eq!(answer.rows, vec![vec![json!("x"), json!("x"), json!("x"), second, half, json!(["x", "x"])]]);
}

#[tokio::test]
async fn instant_beyond_nanoseconds_is_an_error_and_not_null() {
    let database = Database::new();
    let error = database.sql("SELECT arrow_cast(99999999999, 'Timestamp(Second, None)')").await.unwrap_err();
    assert!(matches!(error, QueryError::Invalid(_)), "{error}");
}
