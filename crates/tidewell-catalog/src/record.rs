//! What the catalog knows of a dataset.

use serde::{Deserialize, Serialize};
use tidewell_segment::foreign::{ForeignOptions, NumberUnit, hive_tags};

/// Which columns are what.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// The column of the rows' time.
    pub time_column: String,
    /// The unit of a time of plain integers: `ns`, `us`, `ms` or `s`.
    pub time_unit: String,
    /// How a time of text is written, in strftime's signs; `None` is ISO 8601.
    pub time_format: Option<String>,
    /// The columns that together are the id of a series; none: the dataset is one series.
    pub series_columns: Vec<String>,
    /// The names of the `name=value` folders below the root, outermost first.
    pub partitions: Vec<String>,
    /// Whether `series_columns` is a guess by the columns' names.
    pub is_guessed: bool,
}

impl Mapping {
    /// Whether a column of the series' id is a folder's name.
    pub(crate) fn is_partition(&self, column: &str) -> bool {
        self.partitions.iter().any(|partition| partition == column)
    }

    /// How to read a file of the dataset: every column, the series' id as tags, the `name=value` folders below `root` as tags
    /// before them. `key` is the file's key in its store.
    ///
    /// # Errors
    /// The reason, when a `name=value` folder of the path makes no sense.
    pub fn foreign_options(&self, root: &str, key: &str) -> Result<ForeignOptions, String> {
        let below = key.strip_prefix(root).unwrap_or(key);
        Ok(ForeignOptions {
            time_column: Some(self.time_column.clone()),
            time_unit: NumberUnit::by_name(&self.time_unit).unwrap_or_default(),
            time_format: self.time_format.clone(),
            tags: self.series_columns.iter().filter(|column| !self.is_partition(column)).cloned().collect(),
            path_tags: hive_tags(below)?,
            ..ForeignOptions::default()
        })
    }
}

/// A column, as the files that were read have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnRecord {
    /// Its name.
    pub name: String,
    /// Its types, in the order in which files were met that have them; more than one where files disagree.
    pub types: Vec<String>,
    /// In how many of the files that were read it is.
    pub file_count: u64,
}

/// The earliest and the latest instant, both inclusive, in nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeSpan {
    /// Earliest.
    pub min_ns: i64,
    /// Latest.
    pub max_ns: i64,
}

impl TimeSpan {
    pub(crate) fn of(ns: i64) -> Self {
        Self { min_ns: ns, max_ns: ns }
    }

    pub(crate) fn union(self, other: Self) -> Self {
        Self { min_ns: self.min_ns.min(other.min_ns), max_ns: self.max_ns.max(other.max_ns) }
    }
}

/// A number that lies between two others with a confidence of 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end; never below what was seen.
    pub low: u64,
    /// The upper end.
    pub high: u64,
}

/// How far numbers may be off that come from a sample of the files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// Files that were read.
    pub files_read: u64,
    /// What chose them.
    pub seed: u64,
    /// Rows: the sample's mean times the number of files; normal interval with correction for the finite number of files.
    pub rows: Interval,
    /// Series: Chao2, from the series that one and that two of the files have; Chao's log-normal interval.
    pub series: Interval,
}

/// What the catalog knows of a dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetRecord {
    /// Its name: the YAML file's, or else its folder, or for the whole store the store's last part.
    pub name: String,
    /// The store that it is in, as its URL; with `root`, what tells it from all others.
    pub source: String,
    /// Its folder in that store; empty for the whole store.
    pub root: String,
    /// What the YAML file says of it.
    pub description: Option<String>,
    /// Tags of the YAML file, a name and a value; the value is empty where the file lists plain words.
    pub tags: Vec<(String, String)>,
    /// The key of the YAML file.
    pub sidecar: Option<String>,
    /// Which columns are what.
    pub mapping: Mapping,
    /// The columns, in the order in which files have them.
    pub columns: Vec<ColumnRecord>,
    /// Parquet files.
    pub file_count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Rows; exact unless `estimate` is there.
    pub row_count: u64,
    /// Distinct series; exact unless `estimate` is there.
    pub series_count: u64,
    /// Rows of the shortest series; 0 without rows. Of the sample, with `estimate`.
    pub series_rows_min: u64,
    /// Rows of the longest series. Of the sample, with `estimate`.
    pub series_rows_max: u64,
    /// The instants of the rows that were read; `None` without rows.
    pub time: Option<TimeSpan>,
    /// What is known of the numbers' exactness; `None`: all are exact.
    pub estimate: Option<Estimate>,
    /// When the scan of it began, in nanoseconds since the Unix epoch, by that process's clock.
    pub scanned_at_ns: i64,
}

impl DatasetRecord {
    /// Rows of a series on average; 0 without series.
    #[must_use]
    pub fn series_rows_avg(&self) -> f64 {
        if self.series_count == 0 { 0.0 } else { self.row_count as f64 / self.series_count as f64 }
    }
}

/// A Parquet file of a dataset, as the listing showed it when it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Its key in the source store.
    pub key: String,
    /// Its size.
    pub bytes: u64,
    /// What told its content from others ([`Listed::tag`](tidewell_storage::Listed)): in S3 its entity tag.
    pub stamp: Option<String>,
    /// Its rows; `None` where the estimate did not read it.
    pub row_count: Option<u64>,
}

/// A dataset with its files: all that is needed to register it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// What is known of it.
    pub record: DatasetRecord,
    /// Its files, by their keys.
    pub files: Vec<FileRecord>,
}
