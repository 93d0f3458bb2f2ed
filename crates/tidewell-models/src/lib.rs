//! The protocols in small, walked through every interleaving of steps and faults.
//!
//! A model is a few processes and a store, cut down to what the protocol depends on: names, numbers, who has seen what. The
//! walk takes every step that any of them could take next, from every state that can be reached, and checks every property
//! in each. No limit cuts it short, so a walk without a violation is a proof within the model's bounds, and no more than
//! that: the bounds are small, and the code is not the model. Its use is to find the rule that is missing before the code
//! is written without it, and to say which rules cannot be left out.
//!
//! Each model can break one of its rules at a time (`Mutation`). A test walks the protocol as it is and asks for no violation,
//! and for each race of interest to have happened; another breaks each rule and asks for the violation of one named
//! property; and each property must be violated by some broken rule, since one that cannot fail says nothing. Invariants carry
//! the numbers I1 to I17 of the design notes.
//!
//! | model | actors | faults | invariants |
//! |---|---|---|---|
//! | [`append_seal_fold`] | 2 writers, 2 folders of which one seals, gc, 1 reader | a PUT's answer lost; a PUT carried out late, twice, or after its name was deleted; any process stops for any time | I1 durable, I2 once, I3 complete, I4 monotone, I7 no dangling, I8 one chain, I9 reported stays, I10 floor, I11 watermarks |
//! | [`compaction`] | 3 folds, 2 compactors, gc, 1 pinning reader, snapshots and restore | as above, for compactions | I2 rows conserved, I6 same answer, I7 live, pinned and named exist, I15 staged kept, I17 last write wins |
//! | [`checkpoint`] | 2 committers, checkpoint writers, 2 floor raisers, record deletion, 2 cleaners, 1 cold reader | late creates, lost answers, a hint that says anything, stale checkpoints | I3, I7 can be opened, I8, I9, I10, I13 checkpoint is replay |
//! | [`quorum`] | 2 writers, 3 buckets, a folder that seals, 1 reader | a bucket down, or wiped; per-bucket late creates and lost answers | I1, I2, I3, I4 |
//! | [`delete`] | 3 rows' writers, 2 folders, the delete, 2 compactors, 1 reader | any process stops for any time | I1 deleted stays deleted and later stays, I4, I16 compaction changes no answer |
//!
//! Bounds and what the walks saw (debug profile, single-threaded walks):
//!
//! | model | bounds | states | steps | depth |
//! |---|---|---|---|---|
//! | `append_seal_fold` | 1 row, 2 commits, 2 reads | 717,728 | 3,636,556 | 33 |
//! | | 1 row, 2 folders, 3 commits | 418,068 | 2,237,896 | 35 |
//! | | 1 row, 3 commits of one folder | 383,925 | 1,966,856 | 35 |
//! | | 2 writers, 2 commits | 233,628 | 1,118,247 | 33 |
//! | `compaction` | 3 folds of 2 points, 2 compactions | 349,852 | 1,505,713 | 21 |
//! | | 2 folds, 2 compactions, a deletion, 2 pins | 80,170 | 474,573 | 31 |
//! | | 2 folds, a compaction, a snapshot, a restore, a deletion, a pin | 108,971 | 456,825 | 24 |
//! | | 2 folds, a compaction, 2 snapshots, a restore, 2 deletions | 185,967 | 715,800 | 26 |
//! | `checkpoint` | 3 commits, 2 checkpoints, a cleaning, 2 raises, an open | 333,009 | 1,783,123 | 25 |
//! | | 3 commits, 2 checkpoints, 2 cleanings, a raise, an open | 233,097 | 1,235,002 | 24 |
//! | | 4 commits, 2 checkpoints, a cleaning, a raise | 70,203 | 306,021 | 22 |
//! | `quorum` | 1 row, a fold, a seal, a wiped bucket, 2 reads | 366,312 | 1,942,279 | 36 |
//! | | 1 row, a seal, a bucket down and up again, 2 reads | 132,502 | 731,147 | 33 |
//! | | 1 row sent again, a fold, a seal, a read | 122,079 | 681,464 | 31 |
//! | | 2 rows, a fold, a seal | 67,560 | 345,503 | 27 |
//! | `delete` | 2 rows, 2 folds, a compaction, a read | 180,690 | 642,308 | 21 |
//! | | 2 rows, a fold, 2 compactions, a read | 209,350 | 703,423 | 22 |
//! | | 2 rows, a fold, a compaction, 2 reads | 91,167 | 280,655 | 22 |
//! | | 3 rows, 2 folds, a read | 952,934 | 3,589,862 | 22 |
//!
//! `cargo run --release -p tidewell-models -- <model> deep` walks larger bounds, `… mutants` prints the shortest way to each
//! violation.
//!
//! # What the models say that is easy to get wrong
//!
//! - A committer that finds *its own or another's* record at or below the floor knows nothing: its record may have been
//!   committed, folded into a checkpoint and deleted. If its intent is then refused because it "was done by another", what it
//!   staged may be live: it must not delete it (`append_seal_fold`: `BelowFloorIsLost`, `OtherBelowFloorIsLost`).
//! - A reader that copies a log entry to a second bucket must look at the manifest again before it shows it: a seal that listed
//!   the other two buckets may have gone past (`quorum`: `RepairUnchecked`).
//! - A pin protects nothing by being written. Either a clock says that deletion waits longer than a pin takes, or deletion
//!   announces its horizon before it lists pins and a reader looks at the horizon after it wrote its pin (`compaction`:
//!   `PinsListedFirst`, `PinUnchecked`).
//! - A delete owes nothing to rows that were sent before it was answered and acknowledged after (`delete`).
//! - "Deletes applied up to" is what the compaction's *plan* knew (`delete`: `CleanedAtCommit`).

pub mod append_seal_fold;
pub mod checkpoint;
pub mod compaction;
pub mod delete;
pub mod explore;
pub mod quorum;
pub mod token;

#[cfg(test)]
mod verdict;
