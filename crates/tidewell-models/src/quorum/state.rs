//! Three buckets, the committed view on a fourth, and what each process has in mind.

use super::Bounds;
use super::folder::Folder;
use super::reader::Reader;
use super::writer::Writer;

pub(super) const BUCKETS: usize = 3;
pub(super) const WRITERS: usize = 2;
/// Names of log entries: (generation, writer). Each writer has one row, so one entry a generation.
pub(super) const NAMES: usize = 2 * WRITERS;
/// The names of the generation that may be sealed.
pub(super) const FIRST: u8 = (1 << WRITERS) - 1;
pub(super) const MAJORITY: usize = 2;

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
    /// Entries that are folded.
    pub(super) applied: u8,
    pub(super) first: Generation,
    /// Rows in segments.
    pub(super) rows: u8,
    /// Rows that are in segments twice.
    pub(super) doubled: u8,
}

impl View {
    /// Folds those of the entries that are not folded yet.
    pub(super) fn fold(&mut self, entries: u8) {
        for name in ones(entries & !self.applied) {
            let row = row_of(name);
            self.doubled |= self.rows & row;
            self.rows |= row;
        }
        self.applied |= entries;
    }

    /// Entries that a reader of this view has to look at.
    pub(super) fn counting(&self) -> u8 {
        let sealed = if self.first == Generation::Sealed { FIRST } else { 0 };
        !(self.applied | sealed) & ((1 << NAMES) - 1)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Health {
    #[default]
    Up,
    /// It does not answer, and keeps what it has.
    Down,
    /// It has lost everything and does not answer any more.
    Wiped,
}

/// One bucket, and what others know of it. Buckets are alike, so their order means nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Bucket {
    pub(super) health: Health,
    pub(super) objects: u8,
    /// Entries whose create is under way to this bucket.
    pub(super) flights: u8,
    /// Entries whose writer has this bucket's answer.
    pub(super) answered: u8,
    /// What the reader has seen here; `None` before it listed the bucket.
    pub(super) read: Option<u8>,
    /// What the folder has seen here; `None` before it listed the bucket.
    pub(super) folded: Option<u8>,
}

impl Bucket {
    pub(super) fn is_up(&self) -> bool {
        self.health == Health::Up
    }
}

/// All there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub(super) buckets: [Bucket; BUCKETS],
    pub(super) head: View,
    pub(super) writers: [Writer; WRITERS],
    pub(super) folder: Folder,
    pub(super) reader: Reader,
    /// Acknowledged rows.
    pub(super) acked: u8,
    /// How often a bucket may yet go down, be wiped, and be sent an entry again.
    pub(super) downs: u8,
    pub(super) wipes: u8,
    pub(super) resends: u8,
}

impl State {
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self {
            buckets: Default::default(),
            head: View::default(),
            writers: Default::default(),
            folder: Folder::new(bounds.folds),
            reader: Reader::new(bounds.reads),
            acked: 0,
            downs: bounds.downs,
            wipes: bounds.wipes,
            resends: bounds.resends,
        }
    }

    /// How many buckets have the entry.
    pub(super) fn copies(&self, name: usize) -> usize {
        self.buckets.iter().filter(|bucket| bucket.objects & (1 << name) != 0).count()
    }

    pub(super) fn wiped(&self) -> usize {
        self.buckets.iter().filter(|bucket| bucket.health == Health::Wiped).count()
    }

    /// Blanks what can never matter again, and puts buckets that are alike in order. An entry that does not count any more
    /// is deleted at once: whoever lists first and catches up afterwards never looks at it.
    pub(super) fn forget(&mut self) {
        let writers = self.writers.iter().enumerate();
        let awaited = writers.fold(0, |all, (index, writer)| all | writer.waits_for(index));
        let counting = self.head.counting();
        let read = counting | self.reader.counting();
        for bucket in &mut self.buckets {
            bucket.answered &= awaited;
            bucket.objects &= counting;
            bucket.flights &= if bucket.health == Health::Wiped { 0 } else { counting | awaited };
            bucket.read = bucket.read.map(|seen| seen & read);
            bucket.folded = bucket.folded.map(|seen| seen & counting);
        }
        self.buckets.sort_unstable();
    }
}

/// The names of a mask.
pub(super) fn ones(mask: u8) -> impl Iterator<Item = usize> {
    (0..NAMES).filter(move |name| mask & (1 << name) != 0)
}

/// The row that an entry holds: its writer's, one bit.
pub(super) const fn row_of(name: usize) -> u8 {
    1 << (name % WRITERS)
}
