//! What must hold, and what to say when it does not.

use std::fmt;
use std::time::Duration;

/// What must hold whatever happens; the numbers are those of the protocol notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// I1: an acknowledged row stays.
    Durability,
    /// I2: an entry is folded once, a request once, an identity is once in a commit, a batch is visible whole or not at all.
    ExactlyOnce,
    /// I3: a strong read has every row acknowledged before it.
    StrongRead,
    /// I4: a reader never loses what it saw, and what was hidden once stays hidden.
    Monotone,
    /// I5: a read that names a write sees it.
    Session,
    /// I6: a pinned or named version reads the same, as long as it is kept.
    Snapshot,
    /// I7: what is committed exists, with the right digest.
    Dangling,
    /// I8: one line of commits, each with one write.
    Chain,
    /// I9: a commit that was reported stays; every process's view is the history's.
    Reported,
    /// I10: the floor only rises and stays below the head.
    Floor,
    /// I11: watermarks and generations only move forward.
    Watermarks,
    /// I12: only what no commit needs is deleted.
    Collection,
    /// I13: a checkpoint is the replay up to it.
    Checkpoint,
    /// I14: an outcome that was told is the outcome; what was refused is never seen.
    Outcome,
    /// I15: nothing is deleted while an attempt that names it may yet count.
    Staged,
    /// I16: what is folded, rewritten, moved to another tier, deleted or expired leaves the rows that it should.
    Conservation,
    /// I17: of writes to one field the last one wins, whoever folds when.
    Order,
    /// I18: what a newer Tidewell wrote is refused.
    Format,
    /// What was deleted before a read began is not in it.
    Deletion,
    /// A row, a statistic or a tail that decodes is what was written.
    Content,
    /// L1 to L6: after the faults end everything ends well.
    Liveness,
    /// An error that no fault explains.
    Error,
    /// A panic.
    Panic,
}

/// The first thing that did not hold.
#[derive(Clone, Debug)]
pub struct Violation {
    /// What.
    pub invariant: Invariant,
    /// How.
    pub what: String,
    /// When, since the start.
    pub at: Duration,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {:.3} s: {}", self.invariant, self.at.as_secs_f64(), self.what)
    }
}
