//! The distinct series of one dataset while it is read.

use hashbrown::HashMap;

use crate::DatasetError;
use crate::chunk::{ID_BYTES_MAX, SeriesRows};

/// Bytes of a table's entry besides its id.
const ENTRY_BYTES: u64 = 48;

#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    row_count: u64,
    /// In how many files it is, as far as they were counted one after another.
    file_count: u32,
    last_file: u32,
}

/// Series by their ids, with their rows; refuses to grow beyond its limits.
#[derive(Debug)]
pub(crate) struct SeriesTable {
    entries: HashMap<Box<str>, Entry>,
    bytes: u64,
    series_max: u64,
    bytes_max: u64,
}

impl SeriesTable {
    pub(crate) fn new(series_max: u64, bytes_max: u64) -> Self {
        Self { entries: HashMap::new(), bytes: 0, series_max, bytes_max }
    }

    /// Adds rows of a series that the file with this number has.
    pub(crate) fn add(&mut self, id: &str, row_count: u64, file: u32) -> Result<(), DatasetError> {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.row_count = entry.row_count.saturating_add(row_count);
            if entry.last_file != file {
                entry.file_count += 1;
                entry.last_file = file;
            }
            return Ok(());
        }
        self.bytes += id.len() as u64 + ENTRY_BYTES;
        let is_full = self.entries.len() as u64 >= self.series_max || self.bytes > self.bytes_max;
        if is_full || id.len() > ID_BYTES_MAX {
            return Err(DatasetError::TooManySeries { series_max: self.series_max, bytes_max: self.bytes_max });
        }
        self.entries.insert(id.into(), Entry { row_count, file_count: 1, last_file: file });
        Ok(())
    }

    /// How many series are in exactly `files` files.
    pub(crate) fn in_files(&self, files: u32) -> u64 {
        self.entries.values().filter(|entry| entry.file_count == files).count() as u64
    }

    /// All series, by their ids.
    pub(crate) fn into_sorted(self) -> Vec<SeriesRows> {
        let series = self.entries.into_iter();
        let mut series: Vec<SeriesRows> =
            series.map(|(id, entry)| SeriesRows { id: id.into(), row_count: entry.row_count }).collect();
        series.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        series
    }
}
