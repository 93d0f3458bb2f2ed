//! CSV bytes to typed rows, and every spelling of an instant. Pure: no IO, no async, no clock.

mod civil;
mod epoch;
mod error;
mod instant;
mod time_cursor;
mod time_format;
mod time_text;
mod timezone;

pub use epoch::EpochUnit;
pub use error::{CsvError, TimeError};
pub use instant::parse_instant;
pub use time_format::{DateOrder, TimeFormat};
pub use timezone::{LocalTimes, Timezone, UnknownTimezone};
