//! Writers: create an entry, look at the manifest again, acknowledge or append anew.

use super::state::{Generation, SEQS, State, name};
use super::{AppendSealFold, Mutation};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Writer {
    pub(super) phase: Phase,
    /// Rows acknowledged.
    row: u8,
    pub(super) generation: u8,
    seq: u8,
    /// How often the entry at hand was sent.
    puts: u8,
    /// The newest record it knows.
    pub(super) known: u8,
    /// Where its probe has led.
    pub(super) probed: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    #[default]
    Idle,
    /// The entry is sent and not answered.
    Waiting,
    /// The entry is known to be there.
    Landed,
    /// The next records were asked for.
    Probed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Put,
    PutAgain,
    Probe,
    /// Reads the floor and decides.
    CheckFloor,
}

impl Writer {
    fn name(&self, writer: usize) -> usize {
        name(usize::from(self.generation), writer, usize::from(self.seq))
    }

    /// Whether it waits for the answer to a create of this entry.
    pub(super) fn awaits(&self, writer: usize, entry: usize) -> bool {
        self.phase == Phase::Waiting && self.name(writer) == entry
    }
}

pub(super) fn steps(model: &AppendSealFold, state: &State, index: usize, mut push: impl FnMut(Step)) {
    let writer = &state.writers[index];
    match writer.phase {
        Phase::Idle if writer.row < model.bounds.rows[index] && usize::from(writer.seq) < SEQS => push(Step::Put),
        Phase::Waiting if writer.puts < model.bounds.puts => push(Step::PutAgain),
        Phase::Landed if model.mutation == Mutation::NoPostCheck => push(Step::CheckFloor),
        Phase::Landed => push(Step::Probe),
        Phase::Probed => push(Step::CheckFloor),
        Phase::Idle | Phase::Waiting => {}
    }
}

pub(super) fn take(model: &AppendSealFold, state: &mut State, index: usize, step: Step) {
    let row = model.first_row(index) + state.writers[index].row;
    let name = state.writers[index].name(index);
    match step {
        Step::Put | Step::PutAgain => {
            state.flights[name] += 1;
            state.row_of[name] = row + 1;
            let writer = &mut state.writers[index];
            writer.puts += 1;
            writer.phase = Phase::Waiting;
        }
        Step::Probe => {
            let probed = state.probe(state.writers[index].known);
            let writer = &mut state.writers[index];
            writer.probed = probed;
            writer.phase = Phase::Probed;
        }
        Step::CheckFloor => decide(model, state, index, row),
    }
}

fn decide(model: &AppendSealFold, state: &mut State, index: usize, row: u8) {
    let Writer { known, probed, generation, seq, .. } = state.writers[index];
    let known = match model.mutation {
        Mutation::NoPostCheck => known,
        Mutation::WriterSkipsFloor => probed,
        _ => state.settle(known, probed),
    };
    let view = state.view(known);
    let stream = usize::from(generation) * super::state::WRITERS + index;
    let is_folded = view.applied[stream] > seq;
    let writer = &mut state.writers[index];
    (writer.known, writer.probed) = (known, 0);
    match view.generation(usize::from(generation)) {
        Generation::Sealing if model.mutation != Mutation::NoPostCheck => {
            writer.phase = Phase::Landed;
            return;
        }
        // The seal did not take the entry, and no reader looks at it again.
        Generation::Sealed if !is_folded => (writer.generation, writer.seq) = (1, 0),
        standing => {
            writer.row += 1;
            (writer.generation, writer.seq) =
                if standing == Generation::Sealed { (1, 0) } else { (generation, seq + 1) };
            state.acked |= 1 << row;
        }
    }
    let writer = &mut state.writers[index];
    writer.phase = Phase::Idle;
    writer.puts = 0;
    if writer.row == model.bounds.rows[index] {
        *writer = Writer { row: writer.row, ..Writer::default() };
    }
}

/// A copy of an entry's create arrives at the store; its answer arrives, or not.
pub(super) fn deliver(state: &mut State, entry: usize, answered: bool) {
    state.flights[entry] -= 1;
    state.entries |= 1 << entry;
    if answered {
        state.writers[entry / SEQS % super::state::WRITERS].phase = Phase::Landed;
    }
}
