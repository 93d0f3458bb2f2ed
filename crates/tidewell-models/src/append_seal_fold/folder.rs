//! Folders: stage a segment, commit it exactly once, and never delete what an unknown outcome may have made live.

use super::state::{ATTEMPTS_EACH, Attempt, GENERATIONS, Generation, SEQS, State, View, WRITERS};
use super::{AppendSealFold, Mutation};

/// A folder; the first also seals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Folder {
    pub(super) phase: Phase,
    /// Attempts made so far.
    used: u8,
    /// The record it plans from.
    pub(super) base: u8,
    /// How often the attempt at hand was sent.
    puts: u8,
    /// The bit of the segment that the intent at hand staged; 0 for none.
    pub(super) segment: u8,
    /// Whether an earlier attempt of the same intent may have been committed.
    is_open: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    #[default]
    Idle,
    /// It has caught up.
    Based,
    /// The record is sent and not answered.
    Sent,
    /// No usable answer came.
    Unsettled,
    /// The record under the number is its own.
    Mine,
    /// The record under the number is another's.
    Other,
    /// The number is gone; the intent may be committed under another, or dropped.
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    CatchUp,
    /// Lists the log, stages a segment and sends the commit.
    Fold,
    MarkSealing,
    /// Lists the log, finds nothing left to fold of the generation, and sends the commit that seals it, which names the ends
    /// of its streams.
    Seal,
    TimeOut,
    /// Reads what the number holds.
    ReadBack,
    /// Sends the same bytes again.
    PutAgain,
    /// Answers "unknown" and leaves everything as it is.
    GiveUp,
    CheckFloor,
    /// Commits the same intent under the next number.
    Retry,
    /// Drops the intent, and what it staged where that is certainly not live.
    Abort,
}

impl Folder {
    /// The attempt at hand; 0 for none.
    pub(super) const fn at_hand(&self, index: usize) -> u8 {
        match self.phase {
            Phase::Idle | Phase::Based => 0,
            _ => (index * ATTEMPTS_EACH) as u8 + self.used,
        }
    }
}

pub(super) fn steps(model: &AppendSealFold, state: &State, index: usize, mut push: impl FnMut(Step)) {
    let folder = &state.folders[index];
    let has_more = folder.used < model.bounds.attempts[index];
    let attempt = state.attempt(folder.at_hand(index));
    let record = state.log[usize::from(attempt.version)];
    match folder.phase {
        Phase::Idle if has_more => push(Step::CatchUp),
        Phase::Idle => {}
        Phase::Based => {
            if state.head() != folder.base {
                push(Step::CatchUp);
            }
            [Step::Fold, Step::MarkSealing, Step::Seal]
                .into_iter()
                .filter(|step| plan(model, state, index, *step).is_some())
                .for_each(push);
        }
        Phase::Sent if attempt.flights > 0 => push(Step::TimeOut),
        Phase::Sent => {}
        Phase::Unsettled => {
            if record != 0 || model.mutation == Mutation::AbsentIsFailure {
                push(Step::ReadBack);
            }
            if record == 0 && folder.puts < 2 {
                push(Step::PutAgain);
            }
            if has_more || model.mutation == Mutation::UnknownDeletes {
                push(Step::GiveUp);
            }
        }
        Phase::Mine | Phase::Other => push(Step::CheckFloor),
        Phase::Lost => {
            if has_more && again(model, state, index).is_some() {
                push(Step::Retry);
            }
            push(Step::Abort);
        }
    }
}

pub(super) fn take(model: &AppendSealFold, state: &mut State, index: usize, step: Step) {
    let id = state.folders[index].at_hand(index);
    match step {
        Step::CatchUp => {
            let head = state.head();
            let folder = &mut state.folders[index];
            (folder.phase, folder.base) = (Phase::Based, head);
        }
        Step::Fold | Step::MarkSealing | Step::Seal => {
            if let Some(view) = plan(model, state, index, step) {
                let base = state.folders[index].base;
                send(state, index, base, view);
            }
        }
        Step::Retry => {
            if let Some(view) = again(model, state, index) {
                send(state, index, state.head(), view);
            }
        }
        Step::TimeOut => state.folders[index].phase = Phase::Unsettled,
        Step::ReadBack => {
            let record = state.log[usize::from(state.version(id))];
            state.folders[index].phase = match record {
                0 => Phase::Lost,
                record if record == id => Phase::Mine,
                _ => Phase::Other,
            };
        }
        Step::PutAgain => {
            state.attempt_mut(id).flights += 1;
            let folder = &mut state.folders[index];
            folder.puts += 1;
            folder.phase = Phase::Sent;
        }
        Step::GiveUp => end(state, index, model.mutation == Mutation::UnknownDeletes),
        Step::CheckFloor => check_floor(model, state, index, id),
        Step::Abort => end(state, index, !state.folders[index].is_open),
    }
}

/// The view that a plan would commit on the folder's base; `None` where there is nothing to do or the base forbids it.
fn plan(model: &AppendSealFold, state: &State, index: usize, step: Step) -> Option<View> {
    let base = state.view(state.folders[index].base);
    let standing = base.generation(0);
    let is_sealed_author =
        base.generation(model.bounds.authors[index]) == Generation::Sealed && model.mutation != Mutation::SealedAuthor;
    if is_sealed_author || (step != Step::Fold && index != 0) {
        return None;
    }
    let one_phase = model.mutation == Mutation::OnePhaseSeal;
    let mut view = base;
    match step {
        Step::Fold => {
            fold(state, &mut view);
            (view != base).then_some(view)
        }
        Step::MarkSealing if standing == Generation::Open && !one_phase => {
            view.turn(Generation::Sealing);
            Some(view)
        }
        Step::Seal if standing == Generation::Sealing || (one_phase && standing == Generation::Open) => {
            fold(state, &mut view);
            let is_swept = view == base || model.mutation == Mutation::SealedUnfolded;
            view = base;
            view.turn(Generation::Sealed);
            is_swept.then_some(view)
        }
        _ => None,
    }
}

/// Folds what the log holds of generations that are not sealed: what is being sealed must be folded, and no reader sees it
/// before.
fn fold(state: &State, view: &mut View) {
    for stream in 0..GENERATIONS * WRITERS {
        if view.generation(stream / WRITERS) == Generation::Sealed {
            continue;
        }
        let (end, rows) = state.run(view, state.entries, stream);
        view.applied[stream] = end;
        view.add_rows(rows);
    }
}

/// The view after the same intent on the head of the chain; `None` where its preconditions do not hold there.
fn again(model: &AppendSealFold, state: &State, index: usize) -> Option<View> {
    let attempt = state.attempt(state.folders[index].at_hand(index));
    let (from, to) = (state.view(attempt.base), attempt.view);
    let mut view = state.head_view();
    if view.generation(model.bounds.authors[index]) == Generation::Sealed && model.mutation != Mutation::SealedAuthor {
        return None;
    }
    for stream in (0..to.applied.len()).filter(|stream| from.applied[*stream] != to.applied[*stream]) {
        let is_sealed = view.generation(stream / WRITERS) == Generation::Sealed;
        if view.applied[stream] != from.applied[stream] && model.mutation != Mutation::NoFoldPrecondition {
            return None;
        }
        if is_sealed && model.mutation != Mutation::SealedStream {
            return None;
        }
        view.applied[stream] = view.applied[stream].max(to.applied[stream]);
    }
    if from.generation(0) != to.generation(0) {
        if view.generation(0) != from.generation(0) {
            return None;
        }
        view.turn(to.generation(0));
    }
    if to.generation(0) == Generation::Sealed && from.generation(0) != Generation::Sealed {
        // The ends of its streams are in an object by now.
        let is_moved = view.applied[..WRITERS] != from.applied[..WRITERS];
        if is_moved && model.mutation != Mutation::SealedAtStaleEnds {
            return None;
        }
        view.applied[..WRITERS].copy_from_slice(&from.applied[..WRITERS]);
    }
    view.add_rows(to.rows & !from.rows);
    view.segments |= state.folders[index].segment;
    Some(view)
}

/// Sends a record that follows `base`; a segment is staged with the first attempt that holds rows.
fn send(state: &mut State, index: usize, base: u8, mut view: View) {
    let folder = &mut state.folders[index];
    let is_first = folder.phase == Phase::Based;
    folder.used += 1;
    (folder.phase, folder.puts, folder.base) = (Phase::Sent, 1, 0);
    let id = folder.at_hand(index);
    if is_first && view.applied != state.view(base).applied {
        let segment = 1 << (id - 1);
        state.folders[index].segment = segment;
        state.segments |= segment;
        view.segments |= segment;
    }
    let version = state.version(base) + 1;
    *state.attempt_mut(id) = Attempt { version, base, view, flights: 1 };
}

/// A number counts only while the floor is below it: at or below, records may have come and gone unseen.
fn check_floor(model: &AppendSealFold, state: &mut State, index: usize, id: u8) {
    let is_above = state.version(id) > state.floor;
    let is_mine = state.folders[index].phase == Phase::Mine;
    if is_mine && (is_above || model.mutation == Mutation::CommitterSkipsFloor) {
        state.misreported |= !state.history.contains(&id);
        end(state, index, false);
        return;
    }
    let counts_as_lost = match model.mutation {
        Mutation::BelowFloorIsLost => true,
        Mutation::OtherBelowFloorIsLost => !is_mine,
        _ => false,
    };
    let folder = &mut state.folders[index];
    folder.phase = Phase::Lost;
    folder.is_open |= !is_above && !counts_as_lost;
}

fn end(state: &mut State, index: usize, deletes: bool) {
    let folder = &mut state.folders[index];
    if deletes {
        state.segments &= !folder.segment;
    }
    *folder = Folder { used: folder.used, ..Folder::default() };
}

/// A copy of a record's create arrives at the store; its answer arrives, or not.
pub(super) fn deliver(model: &AppendSealFold, state: &mut State, id: u8, answered: bool) {
    state.attempt_mut(id).flights -= 1;
    let version = usize::from(state.version(id));
    let is_created = state.log[version] == 0;
    if is_created {
        state.log[version] = id;
        if state.history[version] == 0 {
            state.history[version] = id;
        }
    }
    if awaits(state, id) {
        let has_more = state.attempt(id).flights > 0;
        state.folders[author(id)].phase = match (answered, is_created) {
            (true, true) => Phase::Mine,
            (true, false) if model.mutation == Mutation::NoIdentity => Phase::Lost,
            (false, _) if has_more => Phase::Sent,
            _ => Phase::Unsettled,
        };
    }
}

/// Whether the author of the attempt waits for an answer to it.
pub(super) fn awaits(state: &State, id: u8) -> bool {
    let index = author(id);
    state.folders[index].phase == Phase::Sent && state.folders[index].at_hand(index) == id
}

fn author(id: u8) -> usize {
    (usize::from(id) - 1) / ATTEMPTS_EACH
}

const _: () = assert!(SEQS <= 2 && super::state::ATTEMPTS <= 8, "masks of one byte hold every name and every attempt");
