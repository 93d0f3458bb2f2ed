//! How much one query may take.

use std::num::NonZeroUsize;
use std::time::Duration;

/// What a query may take before it is stopped; the same for every query of an engine.
#[derive(Clone, Debug)]
pub struct QueryLimits {
    /// Memory that one query's operators may hold, in bytes; above it the query spills where it may, or fails.
    pub memory_bytes_max: usize,
    /// From the call to the last row of the answer, waiting for a turn included.
    pub timeout: Duration,
    /// Rows of one answer; more end it with an error. `None`: no limit.
    pub rows_max: Option<u64>,
    /// The length of a statement's text, in bytes.
    pub sql_bytes_max: usize,
    /// Queries that run at the same time; others wait for their turn.
    pub concurrency_max: usize,
    /// Streams that one query reads and computes in parallel.
    pub partitions: NonZeroUsize,
    /// Temporary files of all queries together, in bytes, in the operating system's folder for them; 0: never spill.
    pub spill_bytes_max: u64,
}

impl Default for QueryLimits {
    /// 512 MiB and a minute a query, eight queries at once, a partition a core but at least four, nothing spilled.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            memory_bytes_max: 512 << 20,
            timeout: Duration::from_secs(60),
            rows_max: None,
            sql_bytes_max: 256 << 10,
            concurrency_max: 8,
            partitions: NonZeroUsize::new(cores.max(4)).unwrap_or(NonZeroUsize::MIN),
            spill_bytes_max: 0,
        }
    }
}
