//! A process that takes the request: it may find that it is stored, or else logs it once more.

use super::state::{Generation, PROCESSES, State, is_first};
use super::{Mutation, Token};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Process {
    phase: Phase,
    /// Entries that it listed.
    listed: u8,
    generation: u8,
    /// How often the entry at hand was sent.
    puts: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Phase {
    #[default]
    Idle,
    /// It has listed the log; only where a mutation has it so, after it caught up.
    Listed,
    /// Only where a mutation has it so: it has caught up, and not listed.
    CaughtUp,
    /// It knows that the request is stored.
    Known,
    /// The entry is sent and not answered.
    Sent,
    /// The entry is known to be there.
    Landed,
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    List,
    /// Catches up, and learns whether the request is stored.
    CatchUp,
    /// Acknowledges a request that is stored.
    Answer,
    Put,
    PutAgain,
    /// Catches up and acknowledges, waits, or appends anew.
    Check,
    /// Answers that the outcome is unknown.
    GiveUp,
}

impl Process {
    fn name(&self, index: usize) -> usize {
        usize::from(self.generation) * PROCESSES + index
    }

    /// Whether it waits for the answer to a create of this entry.
    pub(super) fn awaits(&self, name: usize) -> bool {
        self.phase == Phase::Sent && usize::from(self.generation) == name / PROCESSES
    }

    pub(super) fn is_done(&self) -> bool {
        self.phase == Phase::Done
    }

    /// Whether it found the request in the log or in segments.
    pub(super) fn knows(&self) -> bool {
        self.phase == Phase::Known
    }
}

pub(super) fn steps(model: &Token, state: &State, index: usize, mut push: impl FnMut(Step)) {
    let process = &state.processes[index];
    let view_first = model.mutation == Mutation::ListedAfterView;
    match process.phase {
        Phase::Idle => {
            push(Step::Put);
            push(if view_first { Step::CatchUp } else { Step::List });
        }
        Phase::CaughtUp => push(Step::List),
        Phase::Listed => push(Step::CatchUp),
        Phase::Known => push(Step::Answer),
        Phase::Sent => {
            if process.puts < model.bounds.puts {
                push(Step::PutAgain);
            }
            push(Step::GiveUp);
        }
        Phase::Landed => push(Step::Check),
        Phase::Done => {}
    }
}

pub(super) fn take(model: &Token, state: &mut State, index: usize, step: Step) {
    let (head, entries) = (state.head, state.entries);
    let name = state.processes[index].name(index);
    let view_first = model.mutation == Mutation::ListedAfterView;
    let process = &mut state.processes[index];
    match step {
        Step::List if view_first => learn(process, entries != 0),
        Step::List => (process.phase, process.listed) = (Phase::Listed, entries),
        Step::CatchUp if view_first => {
            process.phase = Phase::CaughtUp;
            // Its view may be old by the time it lists: then it takes entries of the first generation for good.
            if head.first != Generation::Open || head.has_token {
                learn(process, head.has_token);
            }
        }
        Step::CatchUp => {
            let takes_sealing = model.mutation == Mutation::SealingIsStored;
            let is_good = |name: usize| !is_first(name) || head.first == Generation::Open || takes_sealing;
            let counting = head.counting_of(process.listed);
            let is_logged = (0..super::state::NAMES).any(|name| counting & (1 << name) != 0 && is_good(name));
            learn(process, head.has_token || is_logged);
        }
        Step::Answer => {
            *process = done();
            state.is_acked = true;
        }
        Step::Put | Step::PutAgain => {
            if step == Step::Put {
                process.generation = u8::from(head.first == Generation::Sealed);
            }
            process.puts += 1;
            process.phase = Phase::Sent;
            let name = process.name(index);
            state.flights[name] += 1;
        }
        Step::GiveUp => *process = done(),
        Step::Check => match if is_first(name) { head.first } else { Generation::Open } {
            Generation::Sealing => {}
            Generation::Sealed if head.applied & (1 << name) == 0 => {
                *process = Process { phase: Phase::Sent, generation: 1, puts: 1, listed: 0 };
                state.flights[name + PROCESSES] += 1;
            }
            Generation::Open | Generation::Sealed => {
                *process = done();
                state.is_acked = true;
            }
        },
    }
}

fn learn(process: &mut Process, is_stored: bool) {
    *process = Process { phase: if is_stored { Phase::Known } else { Phase::Idle }, ..Process::default() };
}

fn done() -> Process {
    Process { phase: Phase::Done, ..Process::default() }
}

/// A copy of an entry's create arrives at the store; its answer arrives, or not.
pub(super) fn deliver(state: &mut State, name: usize, answered: bool) {
    state.flights[name] -= 1;
    state.entries |= 1 << name;
    if answered {
        state.processes[name % PROCESSES].phase = Phase::Landed;
    }
}
