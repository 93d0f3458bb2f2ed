//! A reader of a version that may be old by the time it reads: nothing is kept for it.

use super::state::State;

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Reader {
    /// Reads left.
    reads: u8,
    /// The version that it reads; 0 for none.
    version: u8,
    /// Whether a read answered otherwise than the version did.
    pub(super) is_false: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Takes the newest version.
    Choose,
    /// Reads its segments; where one is gone it plans again.
    Read,
}

impl Reader {
    pub(super) fn new(reads: u8) -> Self {
        Self { reads, ..Self::default() }
    }

    /// The version in mind; 0 for none.
    pub(super) fn version(&self) -> u8 {
        self.version
    }

    /// Whether a segment that it is about to read is gone.
    pub(super) fn is_overtaken(&self, state: &State) -> bool {
        state.version(self.version).live & !state.objects != 0
    }
}

pub(super) fn step(state: &State) -> Option<Step> {
    match state.reader.version {
        0 if state.reader.reads > 0 && state.head > 0 => Some(Step::Choose),
        0 => None,
        _ => Some(Step::Read),
    }
}

pub(super) fn take(state: &mut State, step: Step) {
    match step {
        Step::Choose => state.reader.version = state.head,
        Step::Read => {
            let Reader { reads, version, is_false } = state.reader;
            let content = state.version(version);
            let is_other = state.answer(content.live) != content.answer;
            let is_false = is_false || (is_other && !state.reader.is_overtaken(state));
            state.reader = Reader { reads: reads - 1, version: 0, is_false };
        }
    }
}
