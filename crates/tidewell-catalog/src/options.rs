//! What a scan looks at, and how hard.

use std::time::Duration;

use tidewell_segment::foreign::NumberUnit;

/// How a sample of the files is taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// The share of a dataset's files that is read, above 0 and at most 1.
    pub fraction: f64,
    /// At least so many files are read, as far as there are.
    pub files_min: usize,
    /// Chooses the files: the same seed chooses the same ones.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { fraction: 0.05, files_min: 10, seed: 0 }
    }
}

/// What a scan looks at, and how hard. Memory is bounded by `memory_bytes_max` for decoding, and for each dataset that is
/// scanned at once by the limits on its series.
#[derive(Clone, Debug, PartialEq)]
pub struct ScanOptions {
    /// The folder of the source store to look below; empty for all of it.
    pub prefix: String,
    /// Columns that together are the id of a series, for datasets whose YAML file names none; `None`: guessed by name.
    pub series_columns: Option<Vec<String>>,
    /// The time column, for datasets whose YAML file names none; `None`: guessed by name and type.
    pub time_column: Option<String>,
    /// The unit of a time of plain integers, for datasets whose YAML file names none.
    pub time_unit: NumberUnit,
    /// Reads a sample of the files instead of all.
    pub sampling: Option<Sampling>,
    /// Datasets that are scanned at once. 4.
    pub datasets_parallel: usize,
    /// Files that are read at once, of all datasets. 16.
    pub files_parallel: usize,
    /// Bytes that decoding may hold, of all files together; each file has its equal share. 1 GiB.
    pub memory_bytes_max: u64,
    /// Most series of a dataset; one with more fails. 5 million.
    pub series_max: u64,
    /// Most bytes of the ids of one dataset's series. 512 MiB.
    pub series_bytes_max: u64,
    /// Reads everything again, unchanged or not.
    pub is_full: bool,
    /// How often a request that the store throttles is tried again, after the store's own retries. 6 times.
    pub retries_max: u32,
    /// The longest pause before the first of these; it doubles each time, up to a minute. 500 ms.
    pub retry_pause: Duration,
}

impl ScanOptions {
    /// The defaults for a folder of the source store.
    #[must_use]
    pub fn of(prefix: &str) -> Self {
        Self {
            prefix: prefix.trim_matches('/').to_owned(),
            series_columns: None,
            time_column: None,
            time_unit: NumberUnit::default(),
            sampling: None,
            datasets_parallel: 4,
            files_parallel: 16,
            memory_bytes_max: 1 << 30,
            series_max: 5_000_000,
            series_bytes_max: 512 << 20,
            is_full: false,
            retries_max: 6,
            retry_pause: Duration::from_millis(500),
        }
    }

    /// What of the options changes what is found in the same files, as text.
    pub(crate) fn context(&self) -> String {
        let Self { series_columns, time_column, time_unit, sampling, .. } = self;
        format!("{series_columns:?} {time_column:?} {time_unit} {sampling:?}")
    }
}
