//! Folds: they only add, and rank by the version that commits them.

use super::state::{Fold, FoldPhase, Segment, State};
use super::{Compaction, Mutation};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Stages a segment with rows of the points of this mask.
    Stage(u8),
    Commit,
}

pub(super) fn steps(model: &Compaction, state: &State, index: usize, mut push: impl FnMut(Step)) {
    let is_next = index == 0 || state.folds[index - 1].phase != FoldPhase::Idle;
    match state.folds[index].phase {
        FoldPhase::Idle if index < usize::from(model.bounds.folds) && is_next => {
            let shape = model.bounds.shapes[index];
            let points = (1..1 << model.bounds.points).filter(|points| shape == 0 || shape == *points);
            points.map(Step::Stage).for_each(push);
        }
        FoldPhase::Staged => push(Step::Commit),
        FoldPhase::Idle | FoldPhase::Committed => {}
    }
}

pub(super) fn take(model: &Compaction, state: &mut State, index: usize, step: Step) {
    let ranks_at_plan = model.mutation == Mutation::FoldRankedAtPlan;
    let id = index as u8 + 1;
    match step {
        Step::Stage(points) => {
            let value = |point: usize| if points & (1 << point) != 0 { id } else { 0 };
            state.segments[index] = Segment { points: std::array::from_fn(value), rows: 1 << index, rank: 0, added: 0 };
            state.objects |= 1 << index;
            let base = if ranks_at_plan { state.head } else { 0 };
            state.folds[index] = Fold { phase: FoldPhase::Staged, base };
        }
        Step::Commit => {
            let rank = if ranks_at_plan { state.folds[index].base } else { state.head } + 1;
            state.segments[index].rank = rank;
            let mut next = *state.at_head();
            next.live |= 1 << index;
            next.rows |= 1 << index;
            for (point, value) in state.segments[index].points.iter().enumerate().filter(|(_, value)| **value != 0) {
                next.answer[point] = *value;
            }
            state.commit(next);
            state.folds[index] = Fold { phase: FoldPhase::Committed, base: 0 };
        }
    }
}
