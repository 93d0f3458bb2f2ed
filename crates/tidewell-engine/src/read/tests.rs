//! Tests of what a query may ask for.
#![allow(clippy::unwrap_used)]

use super::*;

#[test]
fn consistency_words_are_read() {
    assert_eq!("strong".parse(), Ok(Consistency::Strong));
    assert_eq!("session".parse(), Ok(Consistency::Session));
    for text in ["bounded:1500", "bounded:1500ms"] {
        assert_eq!(text.parse(), Ok(Consistency::Bounded { age_ms: 1500 }));
    }
}

#[test]
fn consistency_other_words_are_refused_and_named() {
    for text in ["", "Strong", "bounded", "bounded:", "bounded:-1", "bounded:1s", "strong:1", "eventual"] {
        let error = text.parse::<Consistency>().unwrap_err();
        assert!(error.to_string().contains(&format!("{text:?}")), "{error}");
    }
}

#[test]
fn token_without_a_consistency_is_a_session() {
    let after = Some("m.00000000000000000000000000000001.7".to_owned());
    let read = ReadOptions { after, ..ReadOptions::default() }.check().unwrap();
    assert!(matches!(read, Read::Fresh { consistency: Consistency::Session, after: Some(_) }));
    let read = ReadOptions::default().check().unwrap();
    assert_eq!(read, Read::Fresh { consistency: Consistency::Strong, after: None });
}

#[test]
fn token_that_is_none_is_refused() {
    let error = ReadOptions { after: Some("x".to_owned()), ..ReadOptions::default() }.check().unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
}

#[test]
fn snapshot_with_a_consistency_is_refused() {
    let read = ReadOptions {
        snapshot: Some("monday".to_owned()),
        consistency: Some(Consistency::Strong),
        ..ReadOptions::default()
    };
    assert_eq!(read.check().unwrap_err().kind, ErrorKind::Invalid);
}
