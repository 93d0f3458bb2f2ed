//! CSV bytes to typed rows, and every spelling of an instant. Pure: no IO, no async, no clock; any bytes give rows,
//! rejected rows or an error.
//!
//! ```text
//! # a banner                          skipped lines
//! time,room,temp                      the header
//! 2024-01-31 12:00:00,kitchen,21.5    a row: time, tag, field
//! ```
//!
//! [`infer`] looks at a file's first bytes and gives a [`CsvPlan`]; a [`CsvReader`] takes the file in chunks and gives
//! Arrow batches in the form that the rest of Tidewell has for rows, with a list of the rows that do not fit.
//! [`parse_instant`] reads one time in any spelling.
//!
//! # What is read
//! - UTF-8, with or without a byte order mark. Lines end with LF or CRLF, or with CR in a file without LF.
//! - Cells divided by one byte; a cell that begins with a quote ends with it, and may hold delimiters, line ends and
//!   doubled quotes. Anywhere else a quote is an ordinary character. Spaces belong to text and do not matter elsewhere.
//! - Every row has as many cells as the first; a row of empty cells is stepped over.
//! - Numbers: `7`, `-1.5`, `.5`, `1e-3`, with a decimal comma where that is the mark; no thousands, no infinities.
//!   Booleans: `true` and `false` in lower, upper or title case.
//!
//! # Limits
//! A record has a limit in bytes, so that a quote which never closes cannot take memory; a batch has one in rows and in
//! bytes; rejected rows are all counted, and some listed.

mod block;
mod civil;
mod column;
mod dialect;
mod divide;
mod epoch;
mod error;
mod evidence;
mod fit;
mod header;
mod infer;
mod instant;
mod missing;
mod number;
mod options;
mod plan;
mod reader;
mod recent;
mod rejected;
mod rows;
mod sample;
mod scan;
mod setting;
mod short_number;
mod short_time;
#[cfg(test)]
mod shown;
mod split;
mod time_column;
mod time_cursor;
mod time_find;
mod time_format;
mod time_text;
mod timezone;
mod types;
mod validity;
mod values;
mod window;

pub use divide::{CsvDivider, CsvRecords};
pub use epoch::EpochUnit;
pub use error::{CsvError, TimeError};
pub use infer::infer;
pub use instant::parse_instant;
pub use options::{COLUMNS_MAX, CsvOptions, Decimal, MISSING_DEFAULT, RECORD_BYTES_LIMIT_MAX};
pub use plan::{ColumnRole, CsvPlan, PlanColumn};
pub use reader::{CsvEnd, CsvReader};
pub use rejected::{RejectReason, Rejected, Rejections};
pub use setting::SETTINGS;
pub use split::{CsvPart, split};
pub use time_format::{DateOrder, TimeFormat};
pub use timezone::{LocalTimes, Timezone, UnknownTimezone};
pub use types::CsvTypes;
