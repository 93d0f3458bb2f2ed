//! A reader that pins the version it reads.

use super::state::State;
use super::{Compaction, Mutation};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Reader {
    pub(super) phase: Phase,
    /// Pins left.
    pins: u8,
    version: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    #[default]
    Idle,
    /// It knows the version that it wants.
    Chosen,
    /// The pin is in the store.
    Written,
    /// It relies on the pin.
    Pinned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Choose,
    WritePin,
    /// Catches up: below the horizon the pin came too late.
    CheckHorizon,
    Release,
}

impl Reader {
    pub(super) fn new(pins: u8) -> Self {
        Self { pins, ..Self::default() }
    }

    /// The version in the pin object, where there is one.
    pub(super) fn pin(&self) -> Option<u8> {
        matches!(self.phase, Phase::Written | Phase::Pinned).then_some(self.version)
    }

    /// The version in mind; 0 for none.
    pub(super) fn version(&self) -> u8 {
        self.version
    }
}

pub(super) fn steps(state: &State, mut push: impl FnMut(Step)) {
    match state.reader.phase {
        Phase::Idle if state.reader.pins > 0 && state.head > 0 => push(Step::Choose),
        Phase::Idle => {}
        Phase::Chosen => push(Step::WritePin),
        Phase::Written => push(Step::CheckHorizon),
        Phase::Pinned => push(Step::Release),
    }
}

pub(super) fn take(model: &Compaction, state: &mut State, step: Step) {
    let (head, horizon) = (state.head, state.horizon);
    let reader = &mut state.reader;
    match step {
        Step::Choose => (reader.phase, reader.version) = (Phase::Chosen, head),
        Step::WritePin => reader.phase = Phase::Written,
        Step::CheckHorizon if horizon <= reader.version || model.mutation == Mutation::PinUnchecked => {
            reader.phase = Phase::Pinned;
        }
        Step::CheckHorizon => *reader = Reader::new(reader.pins),
        Step::Release => *reader = Reader::new(reader.pins - 1),
    }
}
