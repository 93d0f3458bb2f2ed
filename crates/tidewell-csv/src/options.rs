//! What a user may say about a file.

use tidewell_types::FieldType;

use crate::error::CsvError;
use crate::time_format::TimeFormat;
use crate::timezone::{LocalTimes, Timezone};

/// The largest limit on a record, in bytes.
pub const RECORD_BYTES_LIMIT_MAX: usize = 16 << 20;
/// The most columns a file may have.
pub const COLUMNS_MAX: usize = 10_000;
/// Cells that mean "no value" in columns that are not text, unless markers are given. An empty cell always means it.
pub const MISSING_DEFAULT: [&str; 8] = ["NA", "N/A", "NaN", "nan", "null", "NULL", "None", "-"];

/// What stands between the whole digits of a number and the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decimal {
    /// A comma where the delimiter is none, the sample has numbers with a comma and none with a point; else a point.
    /// Numbers that may as well be thousands (`1,234`, and no other) are an error.
    #[default]
    Auto,
    /// `1.5`
    Point,
    /// `1,5`
    Comma,
}

/// How to read a file; the default finds out what it can.
///
/// Columns are named as in the header (spaces around aside), in other case where only one fits, or by their place from
/// 1.
#[derive(Clone, Debug, PartialEq)]
pub struct CsvOptions {
    /// One ASCII byte, or `None` for that one of `,` `;` tab `|` which divides most records like the first.
    pub delimiter: Option<u8>,
    /// The byte that encloses cells, doubled within them; `None` where quotes are ordinary.
    pub quote: Option<u8>,
    /// Whether the first record names the columns; `None`: it does where none of its cells is a number, boolean or
    /// time.
    pub header: Option<bool>,
    /// Names for all columns, instead of those of the header or of `column_1`, `column_2`, ….
    pub column_names: Option<Vec<String>>,
    /// Lines before the header or the first row that are not read.
    pub skip_lines: u64,
    /// The decimal mark.
    pub decimal: Decimal,
    /// Cells that mean "no value" in every column, and, where they are numbers, any spelling of these numbers in
    /// columns of numbers; `None` for [`MISSING_DEFAULT`].
    pub missing: Option<Vec<String>>,
    /// The columns that make the time: one; or a date and a time of day, joined by a space in this order; or any named
    /// year, month, day, hour, minute and second. None: found by name and content.
    pub time_columns: Vec<String>,
    /// No column is the time: each is what its cells are, `time` may be the name of one, and batches have no other. Such
    /// rows can go to no table.
    pub without_time: bool,
    /// How the time is written.
    pub time_format: TimeFormat,
    /// The zone of times that name none.
    pub timezone: Timezone,
    /// What a local time that happens twice means.
    pub local_times: LocalTimes,
    /// The columns that are tags, in their order in the table.
    pub tags: Vec<String>,
    /// Columns that are left out.
    pub skip_columns: Vec<String>,
    /// Types of fields that are not to be inferred.
    pub column_types: Vec<(String, FieldType)>,
    /// The longest record, in bytes; at most [`RECORD_BYTES_LIMIT_MAX`].
    pub record_bytes_max: usize,
    /// How many rejected rows are listed; all are counted.
    pub rejected_listed_max: usize,
    /// The most rows a batch holds; at least 1.
    pub batch_rows_max: usize,
    /// A batch ends at the record that brings its bytes in the file to this; at least 1.
    pub batch_bytes_max: usize,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self {
            delimiter: None,
            quote: Some(b'"'),
            header: None,
            column_names: None,
            skip_lines: 0,
            decimal: Decimal::Auto,
            missing: None,
            time_columns: Vec::new(),
            without_time: false,
            time_format: TimeFormat::Auto,
            timezone: Timezone::UTC,
            local_times: LocalTimes::Refuse,
            tags: Vec::new(),
            skip_columns: Vec::new(),
            column_types: Vec::new(),
            record_bytes_max: 1 << 20,
            rejected_listed_max: 100,
            batch_rows_max: 65_536,
            batch_bytes_max: 64 << 20,
        }
    }
}

impl CsvOptions {
    /// Refuses options that no file can be read with.
    pub(crate) fn check(&self) -> Result<(), CsvError> {
        let refuse = |text: String| Err(CsvError::Option(text));
        let is_unfit = |byte: u8| !byte.is_ascii() || matches!(byte, 0 | b'\n' | b'\r');
        if let Some(delimiter) = self.delimiter.filter(|byte| is_unfit(*byte) || byte.is_ascii_alphanumeric()) {
            return refuse(format!(
                "delimiter {:?} cannot divide cells: give one such as , ; | or a tab",
                char::from(delimiter)
            ));
        }
        if let Some(quote) = self.quote.filter(|byte| is_unfit(*byte) || self.delimiter == Some(*byte)) {
            return refuse(format!("quote {:?} cannot enclose cells: give one such as \"", char::from(quote)));
        }
        if self.without_time && !self.time_columns.is_empty() {
            return refuse("time columns are given, and that there is no time: give one of both".to_owned());
        }
        if !(1..=RECORD_BYTES_LIMIT_MAX).contains(&self.record_bytes_max) {
            return refuse(format!(
                "the limit of a record is 1 to {RECORD_BYTES_LIMIT_MAX} bytes, not {}",
                self.record_bytes_max
            ));
        }
        if !(1..=1 << 30).contains(&self.batch_rows_max) || !(1..=1 << 30).contains(&self.batch_bytes_max) {
            return refuse("a batch holds 1 to 2^30 rows and 1 to 2^30 bytes".to_owned());
        }
        Ok(())
    }
}
