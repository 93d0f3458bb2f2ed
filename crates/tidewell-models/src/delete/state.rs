//! The log, the segments, the tombstone, and what each process has in mind.

use super::Bounds;
use super::compactor::Compactor;
use super::deleter::Deleter;
use super::folder::Folder;
use super::reader::Reader;

pub(super) const ROWS: usize = 3;
pub(super) const FOLDERS: usize = 2;
/// Segments ever committed, at most.
pub(super) const SEGMENTS: usize = 8;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum RowPhase {
    #[default]
    Unsent,
    /// Its entry is sent.
    Sent,
    /// Its writer knows that the entry is there.
    Landed,
    Acked,
}

/// A row, alone in its log entry; all rows match the delete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Row {
    pub(super) phase: RowPhase,
    /// It was sent after the delete was answered.
    pub(super) is_later: bool,
}

/// A live segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Segment {
    pub(super) rows: u8,
    /// The version of its fold, or the highest among a compaction's inputs; 0 where there is no segment.
    pub(super) rank: u8,
    /// Deletes up to this version are applied to its rows.
    pub(super) cleaned: u8,
    /// The version that added it: a version adds one at most.
    pub(super) id: u8,
}

/// The committed view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct View {
    pub(super) version: u8,
    /// Rows whose entries are folded.
    pub(super) applied: u8,
    pub(super) segments: [Segment; SEGMENTS],
    /// Rows of segments that rank below this version are hidden; 0 for no tombstone.
    pub(super) tombstone: u8,
}

impl View {
    /// The live segments.
    pub(super) fn live(&self) -> impl Iterator<Item = Segment> {
        self.segments.into_iter().filter(|segment| segment.rank != 0)
    }

    pub(super) fn holds(&self, id: u8) -> bool {
        self.live().any(|segment| segment.id == id)
    }

    pub(super) fn add(&mut self, segment: Segment) {
        if let Some(free) = self.segments.iter_mut().find(|place| place.rank == 0) {
            *free = segment;
        }
        self.segments.sort_unstable();
    }

    pub(super) fn remove(&mut self, ids: &[u8]) {
        for segment in self.segments.iter_mut().filter(|segment| segment.rank != 0 && ids.contains(&segment.id)) {
            *segment = Segment::default();
        }
    }

    /// Rows of segments that readers see.
    pub(super) fn visible(&self, hides_all: bool) -> u8 {
        let is_hidden = |segment: &Segment| self.tombstone != 0 && (hides_all || segment.rank < self.tombstone);
        self.live().filter(|segment| !is_hidden(segment)).fold(0, |rows, segment| rows | segment.rows)
    }
}

/// All there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub(super) rows: [Row; ROWS],
    /// Log entries in the store, by row.
    pub(super) entries: u8,
    pub(super) head: View,
    pub(super) folders: [Folder; FOLDERS],
    pub(super) deleter: Deleter,
    pub(super) compactors: [Compactor; 2],
    pub(super) reader: Reader,
    /// Whether a compaction, or dropping the tombstone, changed what readers see.
    pub(super) is_answer_changed: bool,
}

impl State {
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self {
            rows: Default::default(),
            entries: 0,
            head: View::default(),
            folders: std::array::from_fn(|index| Folder::new(index < usize::from(bounds.folds))),
            deleter: Deleter::default(),
            compactors: std::array::from_fn(|index| Compactor::new(index < usize::from(bounds.compactions))),
            reader: Reader::new(bounds.reads),
            is_answer_changed: false,
        }
    }

    /// The rows for which this holds, one bit each.
    pub(super) fn rows_where(&self, holds: impl Fn(&Row) -> bool) -> u8 {
        self.rows.iter().enumerate().filter(|(_, row)| holds(row)).fold(0, |mask, (index, _)| mask | 1 << index)
    }

    pub(super) fn acked(&self) -> u8 {
        self.rows_where(|row| row.phase == RowPhase::Acked)
    }

    pub(super) fn later(&self) -> u8 {
        self.rows_where(|row| row.is_later)
    }

    /// Puts processes that are alike in order.
    pub(super) fn forget(&mut self) {
        self.folders.sort_unstable();
        self.compactors.sort_unstable();
    }

    /// Commits a fold of these rows, unless one of them is folded already; whether it did.
    pub(super) fn commit_fold(&mut self, rows: u8) -> bool {
        if rows & self.head.applied != 0 {
            return false;
        }
        self.head.version += 1;
        self.head.applied |= rows;
        self.head.add(Segment { rows, rank: self.head.version, cleaned: 0, id: self.head.version });
        true
    }
}
