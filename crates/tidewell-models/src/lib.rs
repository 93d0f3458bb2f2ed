//! The protocols in small, walked through every interleaving of steps and faults.
//!
//! A model is a few processes and a store, cut down to what the protocol depends on: names, numbers, who has seen what. The
//! walk takes every step that any of them could take next, from every state that can be reached, and checks every property
//! in each. No limit cuts it short, so a walk without a violation is a proof within the model's bounds, and no more than
//! that: the bounds are small, and the code is not the model. Its use is to find the rule that is missing before the code
//! is written without it, and to say which rules cannot be left out.
//!
//! Each model can break one of its rules at a time (`Mutation`). A test walks the protocol as it is and asks for no violation,
//! for each race of interest to have happened, and for exactly the counts below; another breaks each rule and asks for the
//! violation of one named property; and each property must be violated by some broken rule, since one that cannot fail says
//! nothing. Invariants carry the numbers I1 to I17 of the design notes.
//!
//! | model | actors | faults | invariants |
//! |---|---|---|---|
//! | [`append_seal_fold`] | 2 writers, 2 folders of which one seals, gc, 1 reader | a PUT's answer lost; a PUT carried out late, twice, or after its name was deleted; any process stops for any time | I1 durable, I2 once, I3 complete, I4 monotone, I7 no dangling, I8 one chain, I9 reported stays, I10 floor, I11 watermarks |
//! | [`compaction`] | folds, 2 compactors, 2 collectors, names and restores of versions, 1 reader | as above, for compactions | I2 rows conserved, I6 same answer, I7 live and named exist, I12 condemned is free, I15 staged kept, I17 last write wins |
//! | [`checkpoint`] | 2 committers, checkpoint writers, 2 floor raisers, record deletion, 2 cleaners, 1 cold reader | late creates, lost answers, a hint that says anything, stale checkpoints | I3, I7 can be opened and is whole, I8, I9, I10, I13 checkpoint is replay |
//! | [`quorum`] | 2 writers, 3 buckets, a folder that seals, 1 reader | a bucket down, or wiped; per-bucket late creates and lost answers | I1, I2, I3, I4 |
//! | [`delete`] | 3 rows' writers, 2 folders, the delete, 2 compactors, 1 reader | any process stops for any time | I1 deleted stays deleted and later stays, I4, I16 compaction changes no answer |
//! | [`token`] | 2 processes with one request, 2 folders, a sealer, gc, 1 reader | late, repeated and lost creates; any process stops for any time | I1, I2 a request counts once, I3, I4 |
//!
//! What the walks saw:
//!
//! | model | bounds | states | steps | depth |
//! |---|---|---|---|---|
//! | `append_seal_fold` | a row, two commits, two reads | 748,292 | 3,797,746 | 33 |
//! | `append_seal_fold` | a row, three commits, a read | 2,032,642 | 11,014,139 | 38 |
//! | `append_seal_fold` | a row, two folders, three commits | 710,840 | 3,843,620 | 35 |
//! | `append_seal_fold` | two writers, two commits | 213,216 | 1,006,305 | 33 |
//! | `compaction` | three folds of two points, two compactions | 343,828 | 1,494,385 | 21 |
//! | `compaction` | two compactions, a deletion, a snapshot, a read | 525,828 | 3,251,714 | 28 |
//! | `compaction` | a snapshot, a restore, two deletions | 90,199 | 406,079 | 24 |
//! | `compaction` | two snapshots, a restore, a deletion | 104,608 | 414,313 | 24 |
//! | `checkpoint` | four commits, two checkpoints, a raise, an open | 311,153 | 1,376,360 | 25 |
//! | `checkpoint` | five commits, three checkpoints, two raises | 368,953 | 1,563,399 | 26 |
//! | `checkpoint` | four commits, two checkpoints, a raise, two cleanings | 167,617 | 787,440 | 23 |
//! | `checkpoint` | three checkpoints with lists, a cleaning | 752,802 | 3,267,474 | 24 |
//! | `checkpoint` | two checkpoints with lists, a cleaning, an open | 473,941 | 2,215,952 | 23 |
//! | `quorum` | a row, a wiped bucket, two reads | 366,312 | 1,942,279 | 36 |
//! | `quorum` | a row, a bucket down, two reads | 132,502 | 731,147 | 33 |
//! | `quorum` | a row sent again, a read | 122,079 | 681,464 | 31 |
//! | `quorum` | two rows | 67,560 | 345,503 | 27 |
//! | `delete` | two rows, two folds, a compaction | 196,558 | 704,448 | 22 |
//! | `delete` | two rows, two compactions | 230,782 | 782,310 | 23 |
//! | `delete` | two rows, two reads | 101,112 | 314,870 | 23 |
//! | `delete` | three rows | 1,018,146 | 3,878,393 | 22 |
//! | `token` | two folds, a seal, a read | 494,134 | 2,430,135 | 26 |
//! | `token` | a fold, a seal, two reads | 158,547 | 648,172 | 25 |
//! | `token` | entries sent twice, two folds, a seal | 902,972 | 5,832,735 | 29 |
//!
//! `cargo run -p tidewell-models -- <model>` prints a model's lines of this table, `… <model> deep` walks larger bounds in a
//! minute or two and less than 2 GB of memory, `… <model> mutants` prints the shortest way to each violation.
//!
//! # What the models say that is easy to get wrong
//!
//! - A committer that finds *its own or another's* record at or below the floor knows nothing: its record may have been
//!   committed, folded into a checkpoint and deleted. If its intent is then refused because it "was done by another", what it
//!   staged may be live: it must not delete it (`append_seal_fold`: `BelowFloorIsLost`, `OtherBelowFloorIsLost`).
//! - Whoever seals writes down where the streams end before the commit that says so. Another sealer's fold may come between, so
//!   that commit asks that no stream has moved (`append_seal_fold`: `SealedAtStaleEnds`).
//! - A reader that copies a log entry to a second bucket must look at the manifest again before it shows it: a seal that listed
//!   the other two buckets may have gone past (`quorum`: `RepairUnchecked`).
//! - A pin protects nothing by being written; a commit does. What is removed is condemned on a state in which no name needs it,
//!   and from then on versions that had it are too old for a name (`compaction`: `CondemnedAsLooked`, `CondemnedUnannounced`).
//! - Putting a version back leaves what was live until then without a grave, so that it makes all earlier versions too old
//!   (`compaction`: `RestoreUnannounced`); and it voids rewrites that were planned before it, though all that they take is live
//!   (`RestoreIgnored`).
//! - The newest checkpoint that is *there* is not the one to keep: the ones that *count* are (`checkpoint`:
//!   `CleaningKeepsNewest`).
//! - A delete owes nothing to rows that were sent before it was answered and acknowledged after (`delete`).
//! - "Deletes applied up to" is what the compaction's *plan* knew (`delete`: `CleanedAtCommit`).
//! - Letting go of a token while an entry with it may still arrive doubles its rows (`token`: `ForgottenByNumber`).

pub mod append_seal_fold;
pub mod checkpoint;
pub mod compaction;
pub mod delete;
pub mod explore;
pub mod quorum;
pub mod token;

#[cfg(test)]
mod verdict;
