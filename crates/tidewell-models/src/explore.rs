//! Walks every state of a model, breadth first, so that what it finds it finds by the shortest way.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::hash::Hash;

use stateright::{Checker as _, Expectation, HasDiscoveries, Model};

/// A model within bounds in which every state can be visited, under the name of what it is about.
#[derive(Clone, Debug)]
pub struct Case<M> {
    /// What these bounds let happen.
    pub name: &'static str,
    /// The model.
    pub model: M,
}

/// A model with one rule broken, and the property that must notice.
#[derive(Clone, Debug)]
pub struct Mutant<M> {
    /// The broken rule.
    pub name: String,
    /// The model, within bounds that are enough to show the damage.
    pub model: M,
    /// The property of the model that it violates.
    pub caught_by: &'static str,
}

/// What a walk saw.
#[derive(Clone, Debug)]
pub struct Walk {
    /// Different states.
    pub state_count: usize,
    /// Steps taken, those to known states included.
    pub step_count: usize,
    /// Steps from the beginning to the farthest state.
    pub depth: usize,
    /// Violated properties, each with the steps that lead to the violation.
    pub violations: BTreeMap<&'static str, Vec<String>>,
    /// Situations of interest that occurred.
    pub reached: BTreeSet<&'static str>,
    /// Situations of interest that never occurred.
    pub missed: BTreeSet<&'static str>,
}

impl Walk {
    /// Its line in the table of this crate's page.
    #[must_use]
    pub fn row(&self, model: &str, case: &str) -> String {
        let Self { state_count, step_count, depth, .. } = self;
        format!("| `{model}` | {case} | {} | {} | {depth} |", grouped(*state_count), grouped(*step_count))
    }
}

/// A number with a comma before every three digits.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Visits every state that the model can reach. Stops early only at a violation: a walk without one is complete, since
/// there is no limit on states, depth or time.
pub fn exhaust<M>(model: M) -> Walk
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq,
{
    walk(model, HasDiscoveries::AnyFailures)
}

/// Visits states until `property` is violated, or all where it never is.
pub fn hunt<M>(model: M, property: &'static str) -> Walk
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq,
{
    walk(model, HasDiscoveries::AllOf(BTreeSet::from([property])))
}

fn walk<M>(model: M, finish: HasDiscoveries) -> Walk
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq,
{
    let checker = model.checker().threads(1).finish_when(finish).spawn_bfs().join();
    let mut discoveries = checker.discoveries();
    let mut walk = Walk {
        state_count: checker.unique_state_count(),
        step_count: checker.state_count(),
        depth: checker.max_depth(),
        violations: BTreeMap::new(),
        reached: BTreeSet::new(),
        missed: BTreeSet::new(),
    };
    for property in checker.model().properties() {
        let found = discoveries.remove(property.name);
        match (property.expectation, found) {
            (Expectation::Sometimes, Some(_)) => drop(walk.reached.insert(property.name)),
            (Expectation::Sometimes, None) => drop(walk.missed.insert(property.name)),
            (_, Some(path)) => {
                let steps = path.into_actions().iter().map(|action| format!("{action:?}")).collect();
                walk.violations.insert(property.name, steps);
            }
            (_, None) => {}
        }
    }
    walk
}

#[cfg(test)]
mod tests;
