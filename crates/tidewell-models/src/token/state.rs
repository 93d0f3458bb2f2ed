//! The log, the committed view, and what each process has in mind. All entries carry the one token and the one row.

use super::Bounds;
use super::folder::Folder;
use super::process::Process;
use super::reader::Reader;

/// Processes that take the request.
pub(super) const PROCESSES: usize = 2;
pub(super) const FOLDERS: usize = 2;
/// Names of log entries: (generation, process).
pub(super) const NAMES: usize = 2 * PROCESSES;

/// The state of the generation that may be sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Generation {
    #[default]
    Open,
    Sealing,
    Sealed,
}

/// The committed view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct View {
    /// Entries that are folded, with or without the row.
    pub(super) applied: u8,
    pub(super) first: Generation,
    /// Whether the token is remembered.
    pub(super) has_token: bool,
    /// Whether the row is in a segment.
    pub(super) has_row: bool,
    /// Whether the row is in segments twice.
    pub(super) is_doubled: bool,
}

/// Whether a name is of the generation that may be sealed.
pub(super) const fn is_first(name: usize) -> bool {
    name < PROCESSES
}

impl View {
    /// Whether an entry of this name has to be looked at.
    pub(super) fn counting(&self, name: usize) -> bool {
        let is_sealed = is_first(name) && self.first == Generation::Sealed;
        self.applied & (1 << name) == 0 && !is_sealed
    }

    /// Those of the entries that have to be looked at.
    pub(super) fn counting_of(&self, entries: u8) -> u8 {
        (0..NAMES).filter(|name| self.counting(*name)).fold(0, |mask, name| mask | 1 << name) & entries
    }
}

/// All there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// Log entries in the store.
    pub(super) entries: u8,
    /// Copies of each entry's create that are under way.
    pub(super) flights: [u8; NAMES],
    pub(super) head: View,
    /// Whether a listing, begun after the first generation was being sealed, has nothing left to fold, and no fold came since.
    pub(super) is_swept: bool,
    pub(super) processes: [Process; PROCESSES],
    pub(super) folders: [Folder; FOLDERS],
    pub(super) reader: Reader,
    /// Whether the request was acknowledged.
    pub(super) is_acked: bool,
}

impl State {
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self {
            entries: 0,
            flights: [0; NAMES],
            head: View::default(),
            is_swept: false,
            processes: Default::default(),
            folders: std::array::from_fn(|index| Folder::new(index < bounds.folds)),
            reader: Reader::new(bounds.reads),
            is_acked: false,
        }
    }

    pub(super) fn has_entry(&self, name: usize) -> bool {
        self.entries & (1 << name) != 0
    }

    /// Whether an entry is there that has to be looked at.
    pub(super) fn counts(&self, name: usize) -> bool {
        self.has_entry(name) && self.head.counting(name)
    }

    /// Whether no entry can come to count any more: nobody sends one, and none that is there or under way has to be looked at.
    pub(super) fn is_over(&self) -> bool {
        let can_count = |name: usize| (self.flights[name] > 0 || self.has_entry(name)) && self.head.counting(name);
        self.processes.iter().all(Process::is_done) && !(0..NAMES).any(can_count)
    }

    /// Puts processes that are alike in order.
    pub(super) fn forget(&mut self) {
        self.folders.sort_unstable();
    }
}
