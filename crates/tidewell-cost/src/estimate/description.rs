//! Who writes and asks how much, in numbers.

use serde::{Deserialize, Serialize};

/// Where writes are acknowledged from: what a log object costs depends on nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// `none`, `os-default`, `periodic` and `every-write`: the log is in memory or on a local disk.
    Local,
    /// `object`: a log object in the bucket.
    Object,
    /// `quorum`: one in each of several buckets.
    Quorum,
}

/// What the processes are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Runs {
    /// Servers, which fold each minute and maintain each ten. What their machines cost is not counted.
    Server,
    /// Functions: an invocation for each write and each query, folds each five minutes, compaction each hour, collection
    /// each six.
    Lambda {
        /// Memory of a function, in MiB.
        memory_mb: u32,
        /// Time of an invocation that writes.
        write_ms: u32,
        /// Time of one that asks.
        query_ms: u32,
        /// Time of one that maintains.
        maintenance_ms: u32,
    },
}

impl Runs {
    /// Functions of 1 GiB with rounded times of a store in the same region: 150 ms a write, 1 s a query, 5 s a maintenance run.
    pub const LAMBDA: Self = Self::Lambda { memory_mb: 1_024, write_ms: 150, query_ms: 1_000, maintenance_ms: 5_000 };
}

/// What the bucket holds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kept {
    /// The rows of so many days, as in the long run.
    Days(f64),
    /// What was found there, and the rows of the month unless as many expire.
    Found {
        /// Bytes of segments.
        bytes: f64,
        /// Segments.
        segments: f64,
        /// Whether retention takes away as much as comes.
        is_steady: bool,
    },
}

/// A store as it is to be used. All numbers are finite and at least 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Description {
    /// Processes that write, each with a log of its own.
    pub writers: u32,
    /// Requests a second that write, of each writer.
    pub writes_per_second: f64,
    /// Rows a second, of all writers together.
    pub rows_per_second: f64,
    /// Bytes of a row in segments, compressed.
    pub bytes_per_row: f64,
    /// Databases that are written to, in turn.
    pub databases: u32,
    /// Tables of each.
    pub tables: u32,
    /// How writes are acknowledged.
    pub log: LogLevel,
    /// Buckets of the log at [`LogLevel::Quorum`].
    pub log_buckets: u32,
    /// The shortest time between two log objects of a writer in a database.
    pub flush_interval_ms: f64,
    /// What is kept.
    pub kept: Kept,
    /// Queries an hour, all together.
    pub queries_per_hour: f64,
    /// The span of time of a query, in hours, up to now.
    pub query_span_hours: f64,
    /// Whether queries find segments in a cache and the view in memory, as on a server that stays up.
    pub is_cache_warm: bool,
    /// Bytes that a query's answer sends out of the bucket's region.
    pub bytes_out_per_query: f64,
    /// What the processes are.
    pub runs: Runs,
}

impl Default for Description {
    /// One server with a write a second of ten rows of ten fields, level `object`, 250 ms, one database of one table, a year kept,
    /// two queries a minute of the last hour, a warm cache.
    fn default() -> Self {
        Self {
            writers: 1,
            writes_per_second: 1.0,
            rows_per_second: 10.0,
            bytes_per_row: super::requests::BYTES_PER_VALUE * 10.0,
            databases: 1,
            tables: 1,
            log: LogLevel::Object,
            log_buckets: 3,
            flush_interval_ms: 250.0,
            kept: Kept::Days(365.0),
            queries_per_hour: 120.0,
            query_span_hours: 1.0,
            is_cache_warm: true,
            bytes_out_per_query: 0.0,
            runs: Runs::Server,
        }
    }
}

/// A description that describes nothing.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{field} is {value}: give a number of at least {min}")]
pub struct DescriptionError {
    /// The number's name.
    pub field: &'static str,
    /// Its value.
    pub value: f64,
    /// The least that it may be.
    pub min: f64,
}

impl Description {
    pub(super) fn check(&self) -> Result<(), DescriptionError> {
        let (kept, found) = match self.kept {
            Kept::Days(days) => (days, 0.0),
            Kept::Found { bytes, segments, .. } => (bytes, segments),
        };
        let numbers = [
            ("databases", f64::from(self.databases), 1.0),
            ("tables", f64::from(self.tables), 1.0),
            ("log_buckets", f64::from(self.log_buckets), if self.log == LogLevel::Quorum { 3.0 } else { 0.0 }),
            ("writes_per_second", self.writes_per_second, 0.0),
            ("rows_per_second", self.rows_per_second, 0.0),
            ("bytes_per_row", self.bytes_per_row, 0.0),
            ("flush_interval_ms", self.flush_interval_ms, 0.0),
            ("kept", kept, 0.0),
            ("segments", found, 0.0),
            ("queries_per_hour", self.queries_per_hour, 0.0),
            ("query_span_hours", self.query_span_hours, 0.0),
            ("bytes_out_per_query", self.bytes_out_per_query, 0.0),
        ];
        let wrong = numbers.into_iter().find(|(_, value, min)| !value.is_finite() || value < min);
        wrong.map_or(Ok(()), |(field, value, min)| Err(DescriptionError { field, value, min }))
    }

    /// Whether anything is written at all.
    pub(super) fn is_written(&self) -> bool {
        self.writers > 0 && self.writes_per_second > 0.0
    }

    /// Log objects a second, of all writers in all databases, each in one bucket or copied to several.
    pub(super) fn flushes_per_second(&self) -> f64 {
        if self.log == LogLevel::Local || !self.is_written() {
            return 0.0;
        }
        let (writers, databases) = (f64::from(self.writers), f64::from(self.databases));
        let of_one = match (self.runs, self.flush_interval_ms) {
            (Runs::Server, ms) if ms > 0.0 => (self.writes_per_second / databases).min(1_000.0 / ms),
            // A function's requests come one after the other: each makes an object.
            (Runs::Lambda { .. }, _) | (Runs::Server, _) => self.writes_per_second / databases,
        };
        of_one * writers * databases
    }

    /// Seconds between two folds of a database by one process.
    pub(super) fn fold_interval_s(&self) -> f64 {
        match self.runs {
            Runs::Server => super::requests::FOLD_INTERVAL_S,
            Runs::Lambda { .. } => super::requests::LAMBDA_FOLD_INTERVAL_S,
        }
    }

    /// Seconds between two compactions, and between two collections.
    pub(super) fn upkeep_intervals_s(&self) -> (f64, f64) {
        match self.runs {
            Runs::Server => (super::requests::UPKEEP_INTERVAL_S, super::requests::UPKEEP_INTERVAL_S),
            Runs::Lambda { .. } => {
                (super::requests::LAMBDA_COMPACT_INTERVAL_S, super::requests::LAMBDA_COLLECT_INTERVAL_S)
            }
        }
    }

    /// Bytes of segments, in the mean of the month.
    pub(super) fn stored_bytes(&self) -> f64 {
        let bytes_per_second = self.rows_per_second * self.bytes_per_row;
        match self.kept {
            Kept::Days(days) => bytes_per_second * days * 86_400.0,
            Kept::Found { bytes, is_steady: true, .. } => bytes,
            Kept::Found { bytes, is_steady: false, .. } => bytes + bytes_per_second * super::month_s() / 2.0,
        }
    }

    /// Segments that stay, of all databases.
    pub(super) fn segments(&self) -> f64 {
        let settled = super::requests::SETTLED_ROWS;
        match self.kept {
            Kept::Days(days) => {
                let tables = f64::from(self.databases) * f64::from(self.tables);
                self.rows_per_second * days * 86_400.0 / settled + tables
            }
            Kept::Found { segments, .. } => segments,
        }
    }
}
