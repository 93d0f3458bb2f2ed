//! Requests are remembered for as long as a log entry may bring them again, however many they are.
#![allow(clippy::unwrap_used)]

use std::ops::Range;

use proptest::prelude::*;
use tidewell_types::{Generation, TokenId, Watermarks as _};

use super::*;
use crate::checkpoint;
use crate::intent::{Author, GenerationChange};
use crate::sample::{WRITE_ID, author, stamped};

fn intent(state: &State) -> Intent {
    Intent::new(Author { generation: state.open_generation(), ..author() })
}

fn token(number: u64) -> TokenId {
    let mut bytes = [0; 16];
    // Not in the order of age.
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    TokenId::from_bytes(bytes)
}

fn tokens(state: &State, numbers: Range<u64>) -> State {
    let intent = Intent { tokens: numbers.map(token).collect(), ..intent(state) };
    state.clone().advanced(&intent, stamped(0)).unwrap()
}

fn change(state: &State, generation: u32, to: GenerationState) -> State {
    let change = GenerationChange { generation: Generation::new(generation), state: to, watermarks: None };
    let intent = Intent { generations: vec![change], ..intent(state) };
    state.clone().advanced(&intent, stamped(0)).unwrap()
}

fn remembered(state: &State, numbers: Range<u64>) -> Vec<u64> {
    numbers.filter(|number| state.has_token(&token(*number))).collect()
}

#[test]
fn request_is_folded_once() {
    let state = tokens(&State::default(), 0..3);
    assert_eq!(state.tokens[&token(2)], Version::new(1));
    let take = |tokens| state.apply(&Intent { tokens, ..intent(&state) }, stamped(0));
    assert_eq!(take(vec![token(3), token(2)]).unwrap_err(), Refusal::TokenTaken(token(2).to_string()));
    assert!(matches!(take(vec![token(7), token(7)]), Err(Refusal::TokenTaken(_))));
}

#[test]
fn request_is_remembered_until_a_generation_that_was_opened_later_is_sealed_with_all_before_it() {
    use GenerationState::{Open, Sealed, Sealing};
    let state = tokens(&State::default(), 0..1);
    let state = tokens(&change(&state, 1, Open), 1..2);
    let state = change(&change(&state, 0, Sealing), 0, Sealed);
    // Entries of the first generation are void, and those of the second may be of somebody who had not heard of the fold.
    assert_eq!((remembered(&state, 0..2), state.remembers_from()), (vec![0, 1], Version::ZERO));
    let state = tokens(&change(&state, 2, Open), 2..3);
    let opened = state.generation_entry(Generation::new(2)).opened;
    let state = tokens(&change(&state, 3, Open), 3..4);
    // Not in turn: one before it is open.
    let state = change(&state, 2, Sealed);
    assert_eq!(remembered(&state, 0..4), [0, 1, 2, 3]);
    let state = change(&state, 1, Sealed);
    assert_eq!((remembered(&state, 0..4), state.remembers_from()), (vec![2, 3], opened));
    let again = tokens(&state, 0..1);
    assert_eq!(remembered(&again, 0..4), [0, 2, 3]);
}

#[test]
fn requests_are_not_forgotten_for_being_many() {
    let many = 2 * crate::TOKENS_MANY as u64;
    let state = tokens(&tokens(&State::default(), 0..many), many..many + 10);
    assert_eq!(state.tokens.len() as u64, many + 10);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 50, ..ProptestConfig::default() })]

    #[test]
    fn requests_forgotten_do_not_depend_on_where_a_process_started(
        steps in proptest::collection::vec((1..20u64, 0..4u8, any::<bool>()), 8..40),
    ) {
        let (mut whole, mut restarted) = (State::default(), State::default());
        let mut start = 0;
        for (size, kind, is_restarted) in steps {
            let next = |state: &State| {
                let newest = state.open_generation().get();
                match kind {
                    0 => change(state, newest + 1, GenerationState::Open),
                    1 if newest > 0 => change(state, (size as u32) % newest, GenerationState::Sealed),
                    _ => tokens(state, start..start + size),
                }
            };
            (whole, restarted) = (next(&whole), next(&restarted));
            if is_restarted {
                restarted = checkpoint::decode(&checkpoint::encode(&restarted, WRITE_ID).unwrap()).unwrap();
            }
            start += size;
        }
        prop_assert_eq!(whole, restarted);
    }
}
