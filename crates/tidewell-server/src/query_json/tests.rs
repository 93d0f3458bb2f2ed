//! Bodies of the JSON query API.
#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn json_query_gives_up_the_database_beside_it() {
    let (database, query) = json_query(br#"{"measurement":"cpu","db":"x"}"#).unwrap();
    assert_eq!((database.as_deref(), query.measurement.as_str()), (Some("x"), "cpu"));
    let (database, _) = json_query(br#"{"measurement":"cpu","database":""}"#).unwrap();
    assert_eq!(database, None);
}

#[test]
fn json_query_that_is_none_is_refused_with_the_place() {
    let refusal = json_query(b"{\"measurement\": }").unwrap_err();
    assert!(refusal.message.contains("line 1 column 17"), "{}", refusal.message);
    assert!(json_query(b"").is_err());
    assert!(json_query(br#"{"measurement":"cpu","db":1}"#).unwrap_err().message.contains("\"db\""));
    assert!(json_query(br#"{"db":"x"}"#).unwrap_err().message.contains("measurement"));
}

#[test]
fn statement_is_read_from_json_and_from_text() {
    assert_eq!(statement(b"select 1").unwrap(), (None, "select 1".to_owned()));
    let wanted = (Some("x".to_owned()), "select 1".to_owned());
    assert_eq!(statement(br#"{"query":"select 1","db":"x"}"#).unwrap(), wanted);
    for missing in [&b""[..], b" \n", b"{}", br#"{"query":""}"#] {
        assert!(statement(missing).unwrap_err().message.contains("statement is missing"));
    }
}
