//! The protocol holds in every state, and every broken rule is noticed.

use super::{cases, mutants};
use crate::verdict;

#[test]
fn protocol_in_every_state_holds() {
    verdict::assert_holds("quorum", cases());
}

#[test]
fn mutant_of_each_rule_is_caught_by_its_property() {
    verdict::assert_caught(include_str!("mutation.rs"), mutants());
}
