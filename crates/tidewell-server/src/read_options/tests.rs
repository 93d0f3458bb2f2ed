//! Tests of what a request asks of an answer.
#![allow(clippy::unwrap_used)]

use tidewell_engine::Consistency;

use super::*;

#[test]
fn request_that_says_nothing_reads_strongly() {
    assert_eq!(read_options(&Parameters::parse(b"db=x&after=&snapshot=")).unwrap(), ReadOptions::default());
}

#[test]
fn request_that_says_all_is_read() {
    let read = read_options(&Parameters::parse(b"consistency=bounded:250&after=o.0.ab.1&snapshot=monday")).unwrap();
    assert_eq!(read.consistency, Some(Consistency::Bounded { age_ms: 250 }));
    assert_eq!((read.after.as_deref(), read.snapshot.as_deref()), (Some("o.0.ab.1"), Some("monday")));
}

#[test]
fn request_with_an_unknown_consistency_is_refused_with_the_choices() {
    let failure = read_options(&Parameters::parse(b"consistency=eventual")).unwrap_err();
    assert!(failure.message.contains("strong, session or bounded"), "{}", failure.message);
}
