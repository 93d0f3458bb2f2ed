//! A walk visits all there is, says by which steps a property fails, and misses nothing that happens.

use stateright::{Model, Property};

use super::{Walk, exhaust, hunt};

/// Two hands of a clock, each moving on its own from 0 to `last`.
#[derive(Clone)]
struct Clock {
    last: u8,
    forbidden: Option<[u8; 2]>,
}

impl Model for Clock {
    type State = ([u8; 2], Option<[u8; 2]>);
    type Action = usize;

    fn init_states(&self) -> Vec<Self::State> {
        vec![([0, 0], self.forbidden)]
    }

    fn actions(&self, state: &Self::State, actions: &mut Vec<usize>) {
        actions.extend((0..2).filter(|hand| state.0[*hand] < self.last));
    }

    fn next_state(&self, state: &Self::State, hand: usize) -> Option<Self::State> {
        let mut state = *state;
        state.0[hand] += 1;
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("allowed", |_, state: &Self::State| state.1 != Some(state.0)),
            Property::always("true", |_, _| true),
            Property::sometimes("both at 1", |_, state: &Self::State| state.0 == [1, 1]),
            Property::sometimes("beyond", |model: &Self, state: &Self::State| state.0[0] > model.last),
        ]
    }
}

fn assert_complete(walk: &Walk) {
    assert_eq!((walk.state_count, walk.step_count, walk.depth), (36, 61, 11));
    assert_eq!(walk.reached.iter().collect::<Vec<_>>(), [&"both at 1"]);
    assert_eq!(walk.missed.iter().collect::<Vec<_>>(), [&"beyond"]);
}

#[test]
fn exhaust_without_violation_visits_every_state() {
    let walk = exhaust(Clock { last: 5, forbidden: None });
    assert!(walk.violations.is_empty());
    assert_complete(&walk);
}

#[test]
fn exhaust_with_forbidden_state_says_the_shortest_way_there() {
    let walk = exhaust(Clock { last: 200, forbidden: Some([0, 3]) });
    assert_eq!(walk.violations.get("allowed").map(Vec::as_slice), Some(["1", "1", "1"].map(str::to_owned).as_slice()));
    assert!(walk.state_count < 201 * 201);
}

#[test]
fn hunt_for_what_never_fails_visits_every_state() {
    let walk = hunt(Clock { last: 5, forbidden: Some([2, 2]) }, "true");
    assert_eq!(walk.violations.keys().collect::<Vec<_>>(), [&"allowed"]);
    assert_complete(&walk);
}
