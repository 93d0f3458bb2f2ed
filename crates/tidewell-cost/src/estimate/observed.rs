//! What was found in a live bucket, as a description of the months to come.

use serde::{Deserialize, Serialize};

use super::description::{Description, Kept, LogLevel};

/// What was measured. Rates are means over whatever time was looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// Databases.
    pub databases: u32,
    /// Tables of all of them.
    pub tables: u32,
    /// Segments of all of them.
    pub segments: u64,
    /// Their size.
    pub segment_bytes: u64,
    /// Their rows.
    pub segment_rows: u64,
    /// Rows that commits added a day, without what rewrites put in the place of others.
    pub rows_per_day: f64,
    /// Log objects a day, as the sequence numbers of the log's streams tell; 0 where the logs are local.
    pub log_objects_per_day: f64,
    /// Processes that wrote to the log; 0 where nobody knows.
    pub writers: u32,
    /// Buckets of the log, where there are several.
    pub log_buckets: u32,
    /// Whether retention takes away as much as comes.
    pub is_steady: bool,
    /// Queries an hour, which no bucket tells.
    pub queries_per_hour: f64,
}

impl Description {
    /// A month that goes on like this: as many log objects and rows, the sizes that rows have there. Queries are as in
    /// [`Description::default`], but for their number.
    #[must_use]
    pub fn from_observed(observed: &Observed) -> Self {
        let default = Self::default();
        let (databases, writers) = (observed.databases.max(1), observed.writers.max(1));
        let has_objects = observed.log_objects_per_day > 0.0;
        let log = match observed.log_buckets {
            _ if !has_objects => LogLevel::Local,
            0 | 1 => LogLevel::Object,
            2.. => LogLevel::Quorum,
        };
        let rows_per_second = observed.rows_per_day / 86_400.0;
        // With a local log the number of requests that write costs nothing; that there are some makes folds.
        let writes_per_day = if has_objects { observed.log_objects_per_day } else { observed.rows_per_day };
        Self {
            writers,
            writes_per_second: writes_per_day / 86_400.0 / f64::from(writers),
            rows_per_second,
            bytes_per_row: match observed.segment_rows {
                0 => default.bytes_per_row,
                rows => observed.segment_bytes as f64 / rows as f64,
            },
            databases,
            tables: observed.tables.div_ceil(databases).max(1),
            log,
            log_buckets: observed.log_buckets,
            // The objects were counted as they are, whatever put them together.
            flush_interval_ms: 0.0,
            kept: Kept::Found {
                bytes: observed.segment_bytes as f64,
                segments: observed.segments as f64,
                is_steady: observed.is_steady,
            },
            queries_per_hour: observed.queries_per_hour,
            ..default
        }
    }
}
