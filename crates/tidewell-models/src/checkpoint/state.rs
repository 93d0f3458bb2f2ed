//! What the store holds, the true history, and what each process has in mind.

use super::cleaner::Cleaner;
use super::committer::Committer;
use super::floor::Raiser;
use super::reader::Reader;
use super::{Bounds, Mutation};

pub(super) const COMMITTERS: usize = 2;
pub(super) const RAISERS: usize = 2;
pub(super) const CLEANERS: usize = 2;
/// Records ever sent, at most; they count from 1, and record 0 stands for the empty state.
pub(super) const RECORDS: usize = 6;
/// Versions, version 0 included.
pub(super) const VERSIONS: usize = RECORDS + 1;

/// A record, and the state that it leads to: its parent is fixed by digest, so the record names all before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Record {
    pub(super) version: u8,
    pub(super) parent: u8,
    /// The checkpoints that count, the older one first; 0 for none. A checkpoint goes by the record whose state it is.
    pub(super) counting: [u8; 2],
    /// Whether the first generation is sealed.
    pub(super) is_sealed: bool,
}

/// All there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub(super) records: [Record; RECORDS],
    /// Records sent so far.
    pub(super) sent: u8,
    /// Records whose create is under way, one bit each.
    pub(super) flights: u8,
    /// The record that the store holds under each version; 0 for none.
    pub(super) log: [u8; VERSIONS],
    /// The true history: the record that was created first under each version.
    pub(super) history: [u8; VERSIONS],
    pub(super) floor: u8,
    /// The highest floor there ever was.
    pub(super) floor_max: u8,
    /// Checkpoints in the store, one bit each.
    pub(super) checkpoints: u8,
    /// Checkpoints that were written, and may yet come to count.
    pub(super) staged: u8,
    /// Each checkpoint's list, by the checkpoint that wrote it, and the checkpoint that it took it over from; 0 for none.
    pub(super) made: [(u8, u8); RECORDS],
    /// Lists in the store.
    pub(super) lists: u8,
    /// Checkpoints that were ever written: the hint may name any of them at any time.
    pub(super) hinted: u8,
    /// Checkpoints that may still be written.
    pub(super) checkpoints_left: u8,
    pub(super) committers: [Committer; COMMITTERS],
    pub(super) raisers: [Raiser; RAISERS],
    pub(super) cleaners: [Cleaner; CLEANERS],
    pub(super) reader: Reader,
    /// Whether a commit was reported that is not in the history.
    pub(super) misreported: bool,
}

impl State {
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self {
            records: Default::default(),
            sent: 0,
            flights: 0,
            log: [0; VERSIONS],
            history: [0; VERSIONS],
            floor: 0,
            floor_max: 0,
            checkpoints: 0,
            staged: 0,
            made: Default::default(),
            lists: 0,
            hinted: 0,
            checkpoints_left: bounds.checkpoints,
            committers: Default::default(),
            raisers: std::array::from_fn(|index| Raiser::new(index < usize::from(bounds.raises))),
            cleaners: std::array::from_fn(|index| Cleaner::new(index < usize::from(bounds.cleanings))),
            reader: Reader::new(bounds.reads),
            misreported: false,
        }
    }

    pub(super) fn record(&self, id: u8) -> Record {
        if id == 0 { Record::default() } else { self.records[usize::from(id) - 1] }
    }

    pub(super) fn version(&self, id: u8) -> u8 {
        self.record(id).version
    }

    /// The list of a checkpoint, by the checkpoint that wrote it; 0 for none.
    pub(super) fn list_of(&self, id: u8) -> u8 {
        if id == 0 { 0 } else { self.made[usize::from(id) - 1].0 }
    }

    /// The checkpoint that one took its list over from; 0 for none.
    pub(super) fn basis_of(&self, id: u8) -> u8 {
        if id == 0 { 0 } else { self.made[usize::from(id) - 1].1 }
    }

    /// Whether a list was written under the second generation: the first was sealed in the state that it is of.
    pub(super) fn list_is_later(&self, id: u8) -> bool {
        self.record(id).is_sealed
    }

    /// Whether a checkpoint is there with its list.
    pub(super) fn is_whole(&self, id: u8) -> bool {
        let list = self.list_of(id);
        self.checkpoints & (1 << id) != 0 && (list == 0 || self.lists & (1 << list) != 0)
    }

    /// The newest record of the true history; 0 where there is none.
    pub(super) fn head(&self) -> u8 {
        self.history.iter().rev().copied().find(|id| *id != 0).unwrap_or(0)
    }

    /// Whether the record is part of the true history; the empty state is.
    pub(super) fn is_true(&self, id: u8) -> bool {
        self.history[usize::from(self.version(id))] == id
    }

    /// The checkpoints of a mask.
    pub(super) fn ones(mask: u8) -> impl Iterator<Item = u8> {
        (1..=RECORDS as u8).filter(move |id| mask & (1 << id) != 0)
    }

    /// The newest checkpoint of a mask; 0, the empty state, where there is none.
    pub(super) fn newest(&self, mask: u8) -> u8 {
        Self::ones(mask).max_by_key(|id| self.version(*id)).unwrap_or(0)
    }

    /// Blanks what can never matter again, and puts processes that are alike in order.
    pub(super) fn forget(&mut self, mutation: Mutation) {
        let head = self.record(self.head());
        let is_older = |id: &u8| self.version(*id) <= self.version(head.counting[1]);
        let is_past = |id: &u8| is_older(id) && mutation != Mutation::StaleCounts;
        let past = Self::ones(self.staged).filter(is_past).fold(0, |mask, id| mask | 1 << id);
        self.staged &= !past;
        let mut used = self.flights | self.checkpoints | self.staged | self.hinted | self.lists;
        let mut keep = |id: u8| used |= 1 << id;
        self.log.iter().chain(&self.history).for_each(|id| keep(*id));
        self.committers.iter().for_each(|committer| keep(committer.record));
        self.cleaners.iter().for_each(|cleaner| keep(cleaner.by));
        self.reader.records().into_iter().for_each(&mut keep);
        for id in Self::ones(used) {
            let record = self.record(id);
            record.counting.into_iter().for_each(|id| used |= 1 << id);
        }
        for (index, record) in self.records.iter_mut().enumerate() {
            if used & (2 << index) == 0 {
                *record = Record::default();
                self.made[index] = (0, 0);
            }
        }
        self.committers.sort_unstable();
        self.raisers.sort_unstable();
        self.cleaners.sort_unstable();
    }
}
