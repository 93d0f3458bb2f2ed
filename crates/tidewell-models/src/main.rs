//! Walks a model from the command line: the lines of the table of counts, the broken rules, or the protocol within bounds that
//! tests cannot afford.

use std::env;
use std::fmt::Debug;
use std::hash::Hash;
use std::io::{self, Write};
use std::process::ExitCode;

use stateright::Model;
use tidewell_models::explore::{Case, Mutant, exhaust, hunt};
use tidewell_models::{append_seal_fold, checkpoint, compaction, delete, quorum, token};

const USAGE: &str =
    "usage: tidewell-models append_seal_fold|compaction|checkpoint|quorum|delete|token [cases|deep|mutants]";

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (model, what) = (arguments.next().unwrap_or_default(), arguments.next().unwrap_or_else(|| "cases".to_owned()));
    macro_rules! walk {
        ($($name:ident),*) => {
            match (model.as_str(), what.as_str()) {
                $((stringify!($name), "cases") => walk_cases(stringify!($name), $name::cases()),
                (stringify!($name), "deep") => walk_cases(stringify!($name), $name::deep_cases()),
                (stringify!($name), "mutants") => walk_mutants($name::mutants()),)*
                _ => say(USAGE, false),
            }
        };
    }
    if walk!(append_seal_fold, compaction, checkpoint, quorum, delete, token) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn walk_cases<M>(model_name: &str, cases: Vec<Case<M>>) -> bool
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq,
{
    cases.into_iter().fold(true, |so_far, Case { name, model }| {
        let walk = exhaust(model);
        let is_good = say(&walk.row(model_name, name), walk.violations.is_empty());
        let violated = walk.violations.iter();
        violated.fold(so_far & is_good, |_, (property, steps)| say(&format!("{property:?} by {steps:#?}"), false))
    })
}

fn walk_mutants<M>(mutants: Vec<Mutant<M>>) -> bool
where
    M: Model + Send + Sync + 'static,
    M::State: Clone + Debug + Hash + PartialEq + Send + Sync + 'static,
    M::Action: Clone + Debug + PartialEq,
{
    mutants.into_iter().fold(true, |so_far, Mutant { name, model, caught_by }| {
        let steps = hunt(model, caught_by).violations.remove(caught_by);
        so_far & say(&format!("{name}: {caught_by:?} by {steps:#?}"), steps.is_some())
    })
}

fn say(text: &str, is_good: bool) -> bool {
    // A closed pipe is no reason to change the verdict.
    let _ = writeln!(io::stdout(), "{text}");
    is_good
}
