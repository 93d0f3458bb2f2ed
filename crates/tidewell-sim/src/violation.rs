//! What must hold, and what to say when it does not.

use std::fmt;
use std::time::Duration;

/// What must hold whatever happens; the numbers are those of the protocol notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// I1: an acknowledged row stays.
    Durability,
    /// I2: an entry is folded once, an identity is once in a commit, a batch is visible whole or not at all.
    ExactlyOnce,
    /// I3: a strong read has every row acknowledged before it.
    StrongRead,
    /// I4: a reader never loses what it saw.
    Monotone,
    /// I6: a pinned version reads the same.
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
    /// I17: of writes to one field the last one wins, whoever folds when.
    Order,
    /// A tail or segment that decodes is what was written.
    Content,
    /// After the faults end everything ends well.
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
