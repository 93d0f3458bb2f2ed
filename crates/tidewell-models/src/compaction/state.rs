//! What the store holds, the chain of versions, and what each process has in mind.

use super::compactor::Compactor;
use super::gc::Gc;
use super::pin::Reader;
use super::snapshot::Snapshotter;
use super::{Bounds, Mutation};

pub(super) const FOLDS: usize = 3;
pub(super) const COMPACTORS: usize = 2;
/// The segments of the folds, then the outputs of the compactors.
pub(super) const SEGMENTS: usize = FOLDS + COMPACTORS;
/// Points that rows may belong to: writing one again replaces it.
pub(super) const POINTS: usize = 2;
const VERSIONS: usize = 12;

/// An immutable object, and its rank among the segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Segment {
    /// For each point, the fold that wrote the value that the segment has; 0 for none, folds count from 1.
    pub(super) points: [u8; POINTS],
    /// The folds whose rows it holds, one bit each.
    pub(super) rows: u8,
    /// Of two segments with a point, the one that ranks higher has its last write.
    pub(super) rank: u8,
}

/// One version of the committed view, and what is true at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Version {
    /// Its segments, one bit each.
    pub(super) live: u8,
    /// The true rows: the folds that it includes.
    pub(super) rows: u8,
    /// The true answer: for each point, the last fold that wrote it.
    pub(super) answer: [u8; POINTS],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Fold {
    pub(super) phase: FoldPhase,
    /// The version it was planned on; kept only where a mutation needs it.
    pub(super) base: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum FoldPhase {
    #[default]
    Idle,
    Staged,
    Committed,
}

/// All there is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    pub(super) segments: [Segment; SEGMENTS],
    /// Segments whose objects exist.
    pub(super) objects: u8,
    pub(super) versions: [Version; VERSIONS],
    pub(super) head: u8,
    /// For each segment, the version that unlinked it; 0 where none did or it is live again.
    pub(super) graveyard: [u8; SEGMENTS],
    /// No version below may be pinned or named any more; 0 before the first deletion.
    pub(super) horizon: u8,
    /// The version that the named snapshot keeps; 0 for none.
    pub(super) named: u8,
    pub(super) restores: u8,
    pub(super) folds: [Fold; FOLDS],
    pub(super) compactors: [Compactor; COMPACTORS],
    pub(super) snapshotter: Snapshotter,
    pub(super) gc: Gc,
    pub(super) reader: Reader,
}

impl State {
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self {
            segments: Default::default(),
            objects: 0,
            versions: Default::default(),
            head: 0,
            graveyard: [0; SEGMENTS],
            horizon: 0,
            named: 0,
            restores: bounds.restores,
            folds: Default::default(),
            compactors: Default::default(),
            snapshotter: Snapshotter::new(bounds.snapshots),
            gc: Gc::new(bounds.deletions),
            reader: Reader::new(bounds.pins),
        }
    }

    pub(super) fn version(&self, version: u8) -> &Version {
        &self.versions[usize::from(version)]
    }

    pub(super) fn at_head(&self) -> &Version {
        self.version(self.head)
    }

    /// Commits the next version: what leaves the live set goes to the graveyard, what enters it leaves the graveyard.
    pub(super) fn commit(&mut self, next: Version, mutation: Mutation) {
        let before = self.at_head().live;
        self.head += 1;
        self.versions[usize::from(self.head)] = next;
        for segment in ones(before & !next.live) {
            self.graveyard[segment] = self.head;
        }
        if mutation != Mutation::RestoredStaysBuried {
            for segment in ones(next.live) {
                self.graveyard[segment] = 0;
            }
        }
    }

    /// Segments that were unlinked at or before `version`.
    pub(super) fn unlinked_by(&self, version: u8) -> u8 {
        let is_past = |segment: &usize| (1..=version).contains(&self.graveyard[*segment]);
        (0..SEGMENTS).filter(is_past).fold(0, |mask, segment| mask | 1 << segment)
    }

    /// What the segments say: for each point, the value in the segment that ranks highest.
    pub(super) fn answer(&self, live: u8) -> [u8; POINTS] {
        let mut answer = [0; POINTS];
        for (point, value) in answer.iter_mut().enumerate() {
            let holders = ones(live).map(|segment| self.segments[segment]).filter(|holder| holder.points[point] != 0);
            // Of equals the first: which one a reader meets first is chance.
            let highest = holders.reduce(|best, other| if other.rank > best.rank { other } else { best });
            *value = highest.map_or(0, |segment| segment.points[point]);
        }
        answer
    }

    /// Blanks what can never matter again, so that states that differ in nothing else are one.
    pub(super) fn forget(&mut self) {
        let used = [self.head, self.named, self.snapshotter.version(), self.reader.version()];
        for (version, content) in self.versions.iter_mut().enumerate() {
            if !used.iter().any(|used| usize::from(*used) == version) {
                *content = Version::default();
            }
        }
        for compactor in &mut self.compactors {
            compactor.forget(self.head);
        }
        let folded = (0..FOLDS).filter(|fold| self.folds[*fold].phase == FoldPhase::Staged);
        let staged = folded.fold(0, |mask, fold| mask | 1 << fold);
        let kept = used.iter().fold(staged, |mask, version| mask | self.version(*version).live);
        let kept = self.compactors.iter().fold(kept, |mask, compactor| mask | compactor.at_stake());
        let buried = self.unlinked_by(self.head) & self.objects;
        for segment in ones(!(kept | buried) & ((1 << SEGMENTS) - 1)) {
            self.segments[segment] = Segment::default();
            self.graveyard[segment] = 0;
            self.objects &= !(1 << segment);
        }
    }
}

/// The segments of a mask.
pub(super) fn ones(mask: u8) -> impl Iterator<Item = usize> {
    (0..SEGMENTS).filter(move |segment| mask & (1 << segment) != 0)
}
