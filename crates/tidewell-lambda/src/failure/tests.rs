//! Failures as Lambda sees them.

use lambda_runtime::Diagnostic;

use super::*;

#[test]
fn failures_of_parts_joined_take_the_gravest_kind_and_all_messages() {
    let parts = [Failure::invalid("a: no such verb"), Failure::new(FailureKind::Unavailable, "b: the store is away")];
    let joined = Failure::join(&parts).unwrap();
    assert_eq!(joined, Failure::new(FailureKind::Unavailable, "a: no such verb; b: the store is away"));
    assert_eq!(Failure::join(&[]), None);
}

#[test]
fn an_unknown_outcome_joined_with_anything_stays_unknown() {
    let parts = [Failure::new(FailureKind::Unknown, "u"), Failure::internal("i"), Failure::invalid("v")];
    assert_eq!(Failure::join(&parts).unwrap().kind, FailureKind::Unknown);
}

#[test]
fn a_failure_reported_names_its_kind_as_error_type() {
    let reported = Diagnostic::from(Failure::internal("a defect"));
    assert_eq!((reported.error_type.as_str(), reported.error_message.as_str()), ("Internal", "a defect"));
}
