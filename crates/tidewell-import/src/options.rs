//! How files are imported.

use tidewell_csv::CsvOptions;
use tidewell_segment::foreign::ForeignOptions;
use tidewell_types::{TableName, TokenId};
use xxhash_rust::xxh3::xxh3_128;

use crate::error::ImportError;

/// The least memory that an import can work in, in bytes; tests sort their few rows in more runs.
const MEMORY_BYTES_MIN: u64 = if cfg!(test) { 64 << 10 } else { 32 << 20 };

/// What is held of a Parquet file besides packed bytes and rows, for each of the few lanes that a small limit leaves: tests have
/// small files.
const UNPACKED_BYTES: u64 = if cfg!(test) { 0 } else { 12 << 20 };

/// What a decoder of Parquet holds, mostly: the pages of a row group's columns as they are unpacked.
const DECODER_BYTES: u64 = 16 << 20;

/// What the files are, and how their columns are taken.
#[derive(Clone, Debug, PartialEq)]
pub enum Format {
    /// Parquet.
    Parquet(ForeignOptions),
    /// CSV.
    Csv(CsvOptions),
}

impl Format {
    /// How names of such files end, without the dot.
    #[must_use]
    pub const fn extension(&self) -> &'static str {
        match self {
            Self::Parquet(_) => "parquet",
            Self::Csv(_) => "csv",
        }
    }
}

/// How files are imported.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportOptions {
    /// The table that the rows go to.
    pub table: TableName,
    /// What the files are, with the tags and the time column.
    pub format: Format,
    /// Whether `name=value` folders in a file's path become tags.
    pub hive: bool,
    /// Of rows with the same value of this tag or field only the first is kept, within the import. Rows without a value are
    /// all kept. `None` keeps every row.
    pub dedup_column: Option<String>,
    /// How many parts of files are read and decoded at once, those of one file included; at least 1. The rows do not depend on
    /// it.
    pub concurrency: usize,
    /// What an import holds at most, in bytes: packed, decoded and sorted rows, and what decoders unpack; at least 32 MiB. 1 GiB.
    pub memory_bytes_max: u64,
    /// The most rows a batch; at least 1.
    pub batch_rows: usize,
    /// Whether files that an earlier, interrupted import of the same table and options has stored are left out.
    pub resume: bool,
    /// What the import is called in the journal, where the table and the options alone do not tell it from others: resumed imports
    /// of the same job stop each other.
    pub job_name: Option<String>,
    /// Whether everything is read and nothing stored.
    pub dry_run: bool,
    /// Columns that the table may have, the time included.
    pub columns_max: usize,
    /// How many rejected rows of CSV are listed, over all files; all are counted.
    pub rejected_listed_max: usize,
}

impl ImportOptions {
    /// The defaults for a table and a format.
    #[must_use]
    pub fn new(table: TableName, format: Format) -> Self {
        Self {
            table,
            format,
            hive: true,
            dedup_column: None,
            concurrency: 4,
            memory_bytes_max: 1 << 30,
            batch_rows: 32 * 1024,
            resume: false,
            job_name: None,
            dry_run: false,
            columns_max: 1000,
            rejected_listed_max: 100,
        }
    }

    pub(crate) fn check(&self) -> Result<(), ImportError> {
        let wrong = |problem: &str| Err(ImportError::Option(problem.to_owned()));
        if self.memory_bytes_max < MEMORY_BYTES_MIN {
            return wrong("the memory limit is at least 32 MiB: raise it (--memory-limit)");
        }
        if self.concurrency == 0 {
            return wrong("at least one file must be read at once: raise --concurrency");
        }
        if self.batch_rows == 0 {
            return wrong("a batch has at least one row: raise --batch-size");
        }
        Ok(())
    }

    /// Rows that are sorted together take about this much, in bytes. While they are sorted and encoded they are there up to
    /// three times, in each of the two runs that are worked on at once.
    pub(crate) fn run_bytes(&self) -> u64 {
        self.rows_bytes_max() / 10
    }

    /// What remembering the values of the dedup column may take.
    pub(crate) fn dedup_bytes_max(&self) -> u64 {
        self.shared_bytes() - self.rows_bytes_max()
    }

    fn rows_bytes_max(&self) -> u64 {
        if self.dedup_column.is_some() { self.shared_bytes() / 2 } else { self.shared_bytes() }
    }

    /// What is shared out: rows take up to a quarter more than they are counted for, in buffers that grew by doubling, and decoders
    /// of Parquet are not counted at all.
    fn shared_bytes(&self) -> u64 {
        let counted = match self.format {
            Format::Parquet(_) => self.memory_bytes_max.saturating_sub(UNPACKED_BYTES),
            Format::Csv(_) => self.memory_bytes_max,
        };
        counted / 4 * 3
    }

    /// What tells this import from others of the same database, for its journal: where the rows go, and what they become. Made
    /// of what the options print, so that another release may not know an import that this one began.
    pub(crate) fn job(&self) -> TokenId {
        let mut what = format!("{}\n{:?}\n{}\n{:?}", self.table, self.format, self.hive, self.dedup_column);
        if let Some(name) = &self.job_name {
            what = format!("{what}\n{name}");
        }
        TokenId::from_bytes(xxh3_128(what.as_bytes()).to_le_bytes())
    }

    /// Files and parts of files that are on their way at once. What a decoder of Parquet holds of a row group is besides what reading
    /// may hold, so where that is little there are few.
    pub(crate) fn lanes_max(&self) -> usize {
        let with_room = usize::try_from(self.read_bytes_max() / DECODER_BYTES).unwrap_or(usize::MAX).max(1);
        match self.format {
            Format::Parquet(_) => self.concurrency.min(with_room),
            Format::Csv(_) => self.concurrency,
        }
    }

    /// What reading may hold: packed bytes, and decoded rows that wait.
    pub(crate) fn read_bytes_max(&self) -> u64 {
        self.rows_bytes_max() / 4
    }
}
