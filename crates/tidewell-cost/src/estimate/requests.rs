//! The requests of each step, as the code that makes them documents and tests them. Whoever changes a step changes it here.

use serde::{Deserialize, Serialize};

use crate::prices::Prices;

/// Requests by price; deletes are free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// PUT, COPY, POST and LIST.
    pub writes: f64,
    /// GET and HEAD.
    pub reads: f64,
}

impl Counts {
    pub(super) const fn new(writes: f64, reads: f64) -> Self {
        Self { writes, reads }
    }

    pub(super) fn times(self, factor: f64) -> Self {
        Self { writes: self.writes * factor, reads: self.reads * factor }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self { writes: self.writes + other.writes, reads: self.reads + other.reads }
    }

    /// US dollars.
    #[must_use]
    pub fn usd(&self, prices: &Prices) -> f64 {
        (self.writes * prices.write_usd_per_1000 + self.reads * prices.read_usd_per_1000) / 1_000.0
    }
}

/// A LIST.
pub(super) const LIST: Counts = Counts::new(1.0, 0.0);
/// The re-check of an acknowledgement, and any look for newer commits: GET next record, GET floor (`Manifest::catch_up`; the
/// test `write_of_known_columns_costs_one_put_and_the_check_of_two_gets`).
pub(super) const CATCH_UP: Counts = Counts::new(0.0, 2.0);
/// A log object (`LogStores::append`): a PUT.
pub(super) const LOG_OBJECT: Counts = Counts::new(1.0, 0.0);
/// `Manifest::commit` without contention: GET next record, GET floor, PUT, GET floor.
pub(super) const COMMIT: Counts = Counts::new(1.0, 3.0);
/// A segment staged (`Stager::put`): a PUT.
pub(super) const SEGMENT: Counts = Counts::new(1.0, 0.0);
/// A segment that a rewrite or a query opens: a GET; small ones are read whole, of large ones what is needed.
pub(super) const OPEN: Counts = Counts::new(0.0, 1.0);
/// Segments from half a million rows on are left alone by compaction and hold two million at most (`CompactOptions`); the mean.
pub(super) const SETTLED_ROWS: f64 = 1_048_576.0;
/// `Manifest::checkpoint`: a PUT, a commit, a PUT of the hint.
pub(super) const CHECKPOINT: Counts = Counts::new(3.0, 3.0);
/// Commits from one checkpoint to the next (`manifest/src/spill.rs`).
pub(super) const COMMITS_PER_CHECKPOINT: f64 = 16.0;

/// `FoldConfig::interval_ms`, in seconds.
pub(super) const FOLD_INTERVAL_S: f64 = 60.0;
/// `FoldConfig::rows_max`.
pub(super) const FOLD_ROWS_MAX: f64 = 1_000_000.0;
/// A sweep each so many fold intervals (`engine/src/background.rs`): a LIST of the databases, and a look at each one's log.
pub(super) const FOLDS_PER_SWEEP: f64 = 10.0;
/// `MaintainConfig::interval_ms`, in seconds.
pub(super) const UPKEEP_INTERVAL_S: f64 = 600.0;
/// The schedules of `infra/`: fold, rollup, compact and gc.
pub(super) const LAMBDA_FOLD_INTERVAL_S: f64 = 300.0;
pub(super) const LAMBDA_ROLLUP_INTERVAL_S: f64 = 900.0;
pub(super) const LAMBDA_COMPACT_INTERVAL_S: f64 = 3_600.0;
pub(super) const LAMBDA_COLLECT_INTERVAL_S: f64 = 21_600.0;
/// Rollup, expire, compact and tier each look for newer commits (`engine/src/upkeep.rs`).
pub(super) const UPKEEP_LOOKS: f64 = 4.0;
/// A rewrite takes four segments at least, and what comes out is taken again: 1 + 1/4 + 1/16 + … of what folds made
/// (`compact/worth.rs`).
pub(super) const REWRITTEN: f64 = 4.0 / 3.0;
/// What else a rewrite takes (`Compactor::compact`): a look, a PUT, a commit.
pub(super) const REWRITE: Counts = Counts::new(2.0, 5.0);
/// A move to the cold tier (`Tierer::tier`): as a rewrite, two segments read and the one that comes out read back.
pub(super) const MOVE: Counts = Counts::new(2.0, 8.0);

/// `Collector::collect` of a database that changed: LISTs of checkpoints, both tiers, lists, watermarks, journals, the log's
/// generations, one generation, commits; two commits for removed segments; the floor, by a compare-and-swap and three GETs;
/// looks of the sealer and the collector; both checkpoints that count.
pub(super) const COLLECT: Counts = Counts::new(9.0 + 2.0 + 1.0, 6.0 + 3.0 + 4.0 + 2.0);
/// Keys of a page of a LIST.
pub(super) const LISTED_PER_PAGE: f64 = 1_000.0;
/// Up to so many segments a collection lists both tiers by pages, above it each sealed generation (`gc/orphans.rs`).
pub(super) const SEGMENTS_LISTED_AT_ONCE_MAX: f64 = 131_072.0;
/// `SealOptions::generation_ms`, in seconds.
pub(super) const GENERATION_S: f64 = 3_600.0;
/// Generations that are not sealed yet: `SealOptions::seal_after_ms`.
pub(super) const GENERATIONS_OPEN: f64 = 24.0;
/// A generation (`maintain/src/seal.rs`): opened by a look and a commit; sealed by a look, a fold's LIST and look, two LISTs, two
/// commits and a PUT of its watermarks.
pub(super) const GENERATION: Counts = Counts::new(1.0 + 1.0 + 2.0 + 2.0 + 1.0, 5.0 + 2.0 + 2.0 + 6.0);

/// What a process that knows nothing reads before its first query (`tests/bench_small.rs`): LIST of the newest record, GETs of
/// the format, the hint, the checkpoint, the place after the newest record, and the floor; the mean of at most 16 records.
pub(super) const COLD_VIEW: Counts = Counts::new(1.0, 5.0 + 8.0);

/// Bytes of a field value in segments (`tests/bench_small.rs`: under 2 on the TSBS-like workload).
pub(super) const BYTES_PER_VALUE: f64 = 2.0;
/// Bytes of a log object for each that its rows take in segments: Arrow and LZ4, small batches.
pub(super) const LOG_BYTES_PER_BYTE: f64 = 4.0;
