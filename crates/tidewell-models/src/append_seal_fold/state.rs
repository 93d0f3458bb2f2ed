//! What the store holds and what each process has in mind.

use super::{folder, reader, writer};

/// Generations of the log: the first may be sealed, the second stays open.
pub(super) const GENERATIONS: usize = 2;
pub(super) const WRITERS: usize = 2;
pub(super) const SEQS: usize = 2;
/// Names of log entries: (generation, writer, seq).
pub(super) const NAMES: usize = GENERATIONS * WRITERS * SEQS;
pub(super) const FOLDERS: usize = 2;
/// Attempts to commit that each folder has at most.
pub(super) const ATTEMPTS_EACH: usize = 4;
pub(super) const ATTEMPTS: usize = FOLDERS * ATTEMPTS_EACH;
const VERSIONS: usize = ATTEMPTS + 2;

/// The state of the generation that may be sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Generation {
    #[default]
    Open,
    Sealing,
    Sealed,
}

/// The committed view at one version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct View {
    /// For each stream, (generation, writer), its first entry that is not folded.
    pub(super) applied: [u8; GENERATIONS * WRITERS],
    first: Generation,
    /// Rows in segments, one bit each.
    pub(super) rows: u8,
    /// Rows that are in segments twice.
    pub(super) doubled: u8,
    /// Live segments; each has the bit of the attempt that staged it.
    pub(super) segments: u8,
}

impl View {
    pub(super) fn generation(&self, generation: usize) -> Generation {
        if generation == 0 { self.first } else { Generation::Open }
    }

    pub(super) fn turn(&mut self, state: Generation) {
        self.first = state;
    }

    pub(super) fn add_rows(&mut self, rows: u8) {
        self.doubled |= self.rows & rows;
        self.rows |= rows;
    }
}

/// One attempt to commit: a record with its number and write id. Its number in the state's list, from 1, is its write id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Attempt {
    pub(super) version: u8,
    /// The record that it follows; 0 for the empty view.
    pub(super) base: u8,
    /// The view after it.
    pub(super) view: View,
    /// Copies of its create that are under way.
    pub(super) flights: u8,
}

/// All there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// Log entries in the store, by name.
    pub(super) entries: u8,
    /// Copies of each entry's create that are under way.
    pub(super) flights: [u8; NAMES],
    /// The row that each entry holds, from 1.
    pub(super) row_of: [u8; NAMES],
    pub(super) writers: [writer::Writer; WRITERS],
    pub(super) folders: [folder::Folder; FOLDERS],
    pub(super) reader: reader::Reader,
    pub(super) attempts: [Attempt; ATTEMPTS],
    /// Records in the store, by version.
    pub(super) log: [u8; VERSIONS],
    /// The true history: the record that was created first under each version.
    pub(super) history: [u8; VERSIONS],
    pub(super) floor: u8,
    /// Segments in the store.
    pub(super) segments: u8,
    /// Acknowledged rows.
    pub(super) acked: u8,
    /// Whether a commit was reported that is not in the history, where it could not come later either.
    pub(super) misreported: bool,
    /// What a finished read got wrong.
    pub(super) read: reader::Fault,
    /// Whether the mutation that forgets a watermark struck.
    pub(super) forgotten: bool,
}

/// The index of a log entry's name.
pub(super) const fn name(generation: usize, writer: usize, seq: usize) -> usize {
    (generation * WRITERS + writer) * SEQS + seq
}

/// The generation, the stream and the seq of a name.
pub(super) const fn parts(name: usize) -> (usize, usize, usize) {
    (name / (WRITERS * SEQS), name / SEQS, name % SEQS)
}

impl State {
    pub(super) fn new(reads: u8) -> Self {
        Self {
            entries: 0,
            flights: [0; NAMES],
            row_of: [0; NAMES],
            writers: Default::default(),
            folders: Default::default(),
            reader: reader::Reader::new(reads),
            attempts: Default::default(),
            log: [0; VERSIONS],
            history: [0; VERSIONS],
            floor: 0,
            segments: 0,
            acked: 0,
            misreported: false,
            read: reader::Fault::default(),
            forgotten: false,
        }
    }

    pub(super) fn attempt(&self, id: u8) -> Attempt {
        if id == 0 { Attempt::default() } else { self.attempts[usize::from(id) - 1] }
    }

    pub(super) fn attempt_mut(&mut self, id: u8) -> &mut Attempt {
        &mut self.attempts[usize::from(id) - 1]
    }

    pub(super) fn view(&self, id: u8) -> View {
        self.attempt(id).view
    }

    pub(super) fn version(&self, id: u8) -> u8 {
        self.attempt(id).version
    }

    /// The newest record of the true history; 0 where there is none.
    pub(super) fn head(&self) -> u8 {
        self.history.iter().rev().copied().find(|id| *id != 0).unwrap_or(0)
    }

    pub(super) fn head_view(&self) -> View {
        self.view(self.head())
    }

    /// Where GETs of one record after the other lead from `known`, until one is absent or follows another parent.
    pub(super) fn probe(&self, known: u8) -> u8 {
        let mut at = known;
        loop {
            let next = self.log[usize::from(self.version(at)) + 1];
            if next == 0 || self.attempt(next).base != at {
                return at;
            }
            at = next;
        }
    }

    /// What a process believes after it knew `known`, probed up to `probed`, and read the floor.
    pub(super) fn settle(&self, known: u8, probed: u8) -> u8 {
        if self.floor > self.version(known) { self.head() } else { probed }
    }

    pub(super) fn has_entry(&self, name: usize) -> bool {
        self.entries & (1 << name) != 0
    }

    /// The end of the stream's contiguous run of entries among `listed`, from its watermark, and the rows of the run.
    pub(super) fn run(&self, view: &View, listed: u8, stream: usize) -> (u8, u8) {
        let (mut end, mut rows) = (view.applied[stream], 0);
        while usize::from(end) < SEQS {
            let name = stream * SEQS + usize::from(end);
            if listed & (1 << name) == 0 {
                break;
            }
            rows |= 1 << (self.row_of[name] - 1);
            end += 1;
        }
        (end, rows)
    }

    /// Blanks what can never matter again, so that states that differ in nothing else are one.
    pub(super) fn forget(&mut self) {
        for version in 1..self.floor {
            self.history[usize::from(version)] = 0;
        }
        let used = self.used_attempts();
        let mut segments = self.head_view().segments;
        for (index, attempt) in self.attempts.iter_mut().enumerate() {
            if used & (2 << index) == 0 {
                *attempt = Attempt::default();
            } else if attempt.flights > 0 {
                segments |= attempt.view.segments;
            }
        }
        for folder in &self.folders {
            segments |= folder.segment;
        }
        self.segments &= segments;
    }

    /// The attempts that anything refers to, by their ids.
    fn used_attempts(&self) -> u16 {
        let mut used: u16 = 0;
        let mut keep = |id: u8| used |= 1 << id;
        self.log.iter().chain(&self.history).for_each(|id| keep(*id));
        self.writers.iter().for_each(|writer| [writer.known, writer.probed].into_iter().for_each(&mut keep));
        [self.reader.known, self.reader.probed].into_iter().for_each(&mut keep);
        for (index, folder) in self.folders.iter().enumerate() {
            let id = folder.at_hand(index);
            [folder.base, id, self.attempt(id).base].into_iter().for_each(&mut keep);
        }
        for (index, _) in self.attempts.iter().enumerate().filter(|(_, attempt)| attempt.flights > 0) {
            used |= 2 << index;
        }
        used
    }
}
