//! What the store holds, the chain of versions, and what each process has in mind.

use super::Bounds;
use super::compactor::Compactor;
use super::gc::Gc;
use super::reader::Reader;
use super::snapshot::Snapshotter;

pub(super) const FOLDS: usize = 4;
pub(super) const COMPACTORS: usize = 2;
pub(super) const GCS: usize = 2;
/// The segments of the folds, then the outputs of the compactors.
pub(super) const SEGMENTS: usize = FOLDS + COMPACTORS;
/// Points that rows may belong to: writing one again replaces it.
pub(super) const POINTS: usize = 2;
const VERSIONS: usize = 16;

/// An immutable object, and its rank among the segments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Segment {
    /// For each point, the fold that wrote the value that the segment has; 0 for none, folds count from 1.
    pub(super) points: [u8; POINTS],
    /// The folds whose rows it holds, one bit each.
    pub(super) rows: u8,
    /// Of two segments with a point, the one that ranks higher has its last write.
    pub(super) rank: u8,
    /// The version that added it; 0 before.
    pub(super) added: u8,
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
    /// For each segment that has a grave, the version that removed it; 0 for none.
    pub(super) removed: [u8; SEGMENTS],
    /// Graves whose objects are being deleted.
    pub(super) condemned: u8,
    /// No version below may get a name any more, or be put back without one.
    pub(super) condemned_to: u8,
    /// The version that has a name; 0 for none.
    pub(super) named: u8,
    pub(super) folds: [Fold; FOLDS],
    pub(super) compactors: [Compactor; COMPACTORS],
    pub(super) snapshotter: Snapshotter,
    pub(super) gcs: [Gc; GCS],
    pub(super) reader: Reader,
}

impl State {
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self {
            segments: Default::default(),
            objects: 0,
            versions: Default::default(),
            head: 0,
            removed: [0; SEGMENTS],
            condemned: 0,
            condemned_to: 0,
            named: 0,
            folds: Default::default(),
            compactors: Default::default(),
            snapshotter: Snapshotter::new(bounds.snapshots, bounds.restores),
            gcs: std::array::from_fn(|index| Gc::new(index < usize::from(bounds.deletions))),
            reader: Reader::new(bounds.reads),
        }
    }

    pub(super) fn version(&self, version: u8) -> &Version {
        &self.versions[usize::from(version)]
    }

    pub(super) fn at_head(&self) -> &Version {
        self.version(self.head)
    }

    /// Commits the next version: what it does not have any more gets a grave.
    pub(super) fn commit(&mut self, next: Version) {
        let before = self.at_head().live;
        self.commit_restored(next);
        for segment in ones(before & !next.live) {
            self.removed[segment] = self.head;
        }
        for segment in ones(next.live & !before) {
            self.segments[segment].added = self.head;
        }
    }

    /// Commits the next version, which had been before.
    pub(super) fn commit_restored(&mut self, next: Version) {
        self.head += 1;
        self.versions[usize::from(self.head)] = next;
    }

    /// Segments that have a grave.
    pub(super) fn buried(&self) -> u8 {
        (0..SEGMENTS).filter(|segment| self.removed[*segment] != 0).fold(0, |mask, segment| mask | 1 << segment)
    }

    /// Whether the version, 0 for none, had a segment that has a grave.
    pub(super) fn is_needed(&self, segment: usize, version: u8) -> bool {
        version != 0 && self.segments[segment].added <= version && version < self.removed[segment]
    }

    /// Segments that someone may yet commit.
    pub(super) fn staged(&self) -> u8 {
        let folded = (0..FOLDS).filter(|fold| self.folds[*fold].phase == FoldPhase::Staged);
        let folded = folded.fold(0, |mask, fold| mask | 1 << fold);
        self.compactors.iter().fold(folded, |mask, compactor| mask | compactor.staged(self.head))
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
        let kept = used.iter().fold(self.staged(), |mask, version| mask | self.version(*version).live);
        let kept = self.compactors.iter().fold(kept, |mask, compactor| mask | compactor.inputs);
        let buried = self.buried();
        for segment in ones(!kept & ((1 << SEGMENTS) - 1)) {
            let added = if buried & (1 << segment) != 0 { self.segments[segment].added } else { 0 };
            self.segments[segment] = Segment { added, ..Segment::default() };
        }
        self.objects &= kept | buried;
        self.gcs.sort_unstable();
    }
}

/// The segments of a mask.
pub(super) fn ones(mask: u8) -> impl Iterator<Item = usize> {
    (0..SEGMENTS).filter(move |segment| mask & (1 << segment) != 0)
}
