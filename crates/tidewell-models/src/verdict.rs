//! What the tests of every model ask of it.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::hash::Hash;

use stateright::{Expectation, Model};

use crate::explore::{Case, Mutant, exhaust, hunt};

/// A walk over fewer states explored next to nothing: something blocks the model.
const STATES_MIN: usize = 10_000;
const PAGE: &str = include_str!("lib.rs");

/// Every case is walked to its end without a violation, through as many states and steps as the table of this crate's page
/// says, and between them the cases come through every situation of interest. The table has no other cases.
pub(crate) fn assert_holds<M>(model_name: &str, cases: Vec<Case<M>>)
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq,
{
    let mut missed: Option<BTreeSet<&str>> = None;
    let begin = format!("//! | `{model_name}` |");
    let mut rows: BTreeSet<&str> =
        PAGE.lines().filter(|line| line.starts_with(&begin)).map(|line| &line[4..]).collect();
    for Case { name, model } in cases {
        let walk = exhaust(model);
        let row = walk.row(model_name, name);
        eprintln!("{row}");
        assert!(walk.violations.is_empty(), "{name}: {:#?}", walk.violations);
        assert!(walk.state_count >= STATES_MIN, "{name}: only {} states", walk.state_count);
        assert!(rows.remove(&*row), "lib.rs does not say {row}");
        missed = Some(missed.map_or(walk.missed.clone(), |missed| &missed & &walk.missed));
    }
    assert_eq!(missed, Some(BTreeSet::new()), "no case comes through these");
    assert_eq!(rows, BTreeSet::new(), "there are no such cases");
}

/// Every rule that `source` can break is broken once at least, every mutant violates the property that must notice it, and
/// every property is one that some mutant violates: one that cannot fail would prove nothing.
pub(crate) fn assert_caught<M>(source: &str, mutants: Vec<Mutant<M>>)
where
    M: Model + Clone + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq,
{
    let broken: BTreeSet<&str> = mutants.iter().map(|mutant| &*mutant.name).collect();
    assert_eq!(broken, variants(source), "rules that the model can break, and those that are broken");
    let mut untested: Option<BTreeSet<&str>> = None;
    for Mutant { name, model, caught_by } in mutants.clone() {
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

/// The variants of `Mutation` but for `None`.
fn variants(source: &str) -> BTreeSet<&str> {
    let (_, rest) = source.split_once("pub enum Mutation {").unwrap();
    let (body, _) = rest.split_once('}').unwrap();
    let lines = body.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("///"));
    lines.map(|line| line.trim_end_matches(',')).filter(|variant| *variant != "None").collect()
}
