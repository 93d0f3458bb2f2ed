//! Parquet files of others as rows of time, tags and fields. No IO of its own, no async, no clock.
//!
//! ```text
//! bytes of the tail -> Footer -> Plan (ForeignOptions) -> Rows -> batches under Plan::schema().arrow()
//! ```
//!
//! [`Footer`] is the checked metadata; [`Plan`] says what each column becomes, or why it is refused; [`Rows`] decodes within
//! [`RowLimits`]. Files come from anywhere, so every count, size and offset is checked before memory is reserved by it, every
//! page is unpacked within what it announced, and a panic of the Parquet library becomes a [`ForeignError`]. What a footer
//! says of values is a claim until [`StatsCheck`] has seen the rows.
//!
//! | type in the file | as a field | as the time | as a tag |
//! |---|---|---|---|
//! | boolean | boolean | refused | `true`, `false` |
//! | int 8 to 64 | integer | in `time_unit` since 1970 | its digits |
//! | unsigned int 8 to 64 | unsigned | in `time_unit` since 1970 | its digits |
//! | float 16, 32, 64 | float | refused | refused: one number has several spellings |
//! | decimal without fraction | integer; beyond 64 bits an error | refused | refused |
//! | decimal with fraction | the nearest float | refused | refused |
//! | timestamp s, ms, us, ns, with and without zone; INT96 | integer: ns since 1970, UTC | the instant; without zone UTC | refused |
//! | date 32, 64 | integer: ns since 1970 of its midnight UTC | its midnight UTC | refused |
//! | time of day, duration | integer: ns | refused | refused |
//! | string, JSON, enum, binary | string; bytes that are not UTF-8 are an error | by `time_format`, or ISO 8601 | the text |
//! | binary of fixed width, UUID | string: hexadecimal digits | refused | hexadecimal digits |
//! | dictionary | as its values | as its values | as its values |
//! | structure | with `flatten` a column a member (`outer.inner`), else refused | a member by its path | a member by its path |
//! | list, map | with `flatten` a string of JSON (a map as `[[key, value], ...]`), else refused | refused | refused |
//! | interval | refused: months have no fixed length | refused | refused |
//! | null (no type) | refused: it has no values | refused | refused |
//! | variant, geometry, geography | refused: no type of ours | refused | refused |
//! | INT96 within a list | refused: its range cannot be checked | refused | refused |
//!
//! A value beyond its range (an instant beyond the years 1677 to 2262) is an error that names the row and the column, never a
//! wrapped number. NULL is NULL, but as the time an error. A tag with an empty text is NULL, as in line protocol. A column
//! called `time` that is not the time is refused; so is one whose name a `name=value` folder has too.

mod cast;
mod chunk;
mod claimed;
mod columns;
mod delta;
mod error;
mod file_schema;
mod footer;
mod group;
mod hive;
mod instant;
mod json;
mod known_dictionary;
mod layout;
mod mapping;
mod options;
mod page_feed;
mod page_header;
mod plan;
mod quiet;
mod rows;
mod shape;
mod survey;
mod tags;
mod text;
mod unpack;
mod value_beyond;

pub use claimed::{CheckedStats, ClaimedColumn, ClaimedStats, StatValue, StatsCheck};
pub use columns::FileColumn;
pub use error::{ForeignError, Refused};
pub use footer::Footer;
pub use hive::hive_tags;
pub use options::{ForeignOptions, NumberUnit, OnRefused};
pub use plan::{Plan, PlanColumn, Source};
pub use rows::{RowLimits, Rows, RowsStep};
pub use survey::{Survey, Surveyed};

#[cfg(test)]
mod tests;
