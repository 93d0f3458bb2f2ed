//! What the tests of every model ask of it.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;

use stateright::{Expectation, Model};

use crate::explore::{Case, Mutant, exhaust, hunt};

/// A walk over fewer states explored next to nothing: something blocks the model.
const STATES_MIN: usize = 10_000;

/// Every case is walked to its end without a violation, through a good number of states, and between them the cases come
/// through every situation of interest.
pub(crate) fn assert_holds<M>(cases: Vec<Case<M>>)
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq,
{
    let mut missed: Option<BTreeSet<&str>> = None;
    for Case { name, model } in cases {
        let walk = exhaust(model);
        eprintln!("{name}: {} states, {} steps, depth {}", walk.state_count, walk.step_count, walk.depth);
        assert!(walk.violations.is_empty(), "{name}: {:#?}", walk.violations);
        assert!(walk.state_count >= STATES_MIN, "{name}: only {} states", walk.state_count);
        missed = Some(missed.map_or(walk.missed.clone(), |missed| &missed & &walk.missed));
    }
    assert_eq!(missed, Some(BTreeSet::new()), "no case comes through these");
}

/// Every mutant violates the property that must notice it, and every property is one that some mutant violates: one that
/// cannot fail would prove nothing.
pub(crate) fn assert_caught<M>(mutants: Vec<Mutant<M>>)
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq,
{
    let mut untested: Option<BTreeSet<&str>> = None;
    for Mutant { name, model, caught_by } in mutants {
        let properties = model.properties();
        let always = properties.iter().filter(|property| property.expectation == Expectation::Always);
        let untested = untested.get_or_insert_with(|| always.map(|property| property.name).collect());
        untested.remove(caught_by);
        let walk = hunt(model, caught_by);
        let steps = walk.violations.get(caught_by);
        assert!(steps.is_some(), "{name} does not violate {caught_by:?} in {} states", walk.state_count);
        let step_count = steps.map_or(0, Vec::len);
        eprintln!("{name}: {caught_by:?} after {step_count} steps, {} states", walk.state_count);
    }
    assert_eq!(untested, Some(BTreeSet::new()), "no mutant violates these");
}
