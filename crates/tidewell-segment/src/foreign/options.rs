//! How the columns of a foreign file are to be taken.

use std::fmt;

/// The unit of a time that is a plain number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NumberUnit {
    /// Nanoseconds since the Unix epoch.
    #[default]
    Nanoseconds,
    /// Microseconds since the Unix epoch.
    Microseconds,
    /// Milliseconds since the Unix epoch.
    Milliseconds,
    /// Seconds since the Unix epoch.
    Seconds,
}

impl NumberUnit {
    /// The unit by its short name: `ns`, `us`, `ms` or `s`.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        [Self::Nanoseconds, Self::Microseconds, Self::Milliseconds, Self::Seconds]
            .into_iter()
            .find(|unit| unit.to_string() == name)
    }

    /// How many nanoseconds one is.
    #[must_use]
    pub const fn ns(self) -> i64 {
        match self {
            Self::Nanoseconds => 1,
            Self::Microseconds => 1_000,
            Self::Milliseconds => 1_000_000,
            Self::Seconds => 1_000_000_000,
        }
    }
}

impl fmt::Display for NumberUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nanoseconds => "ns",
            Self::Microseconds => "us",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
        })
    }
}

/// What to do with a column that is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnRefused {
    /// The file is refused, naming the column and the reason.
    #[default]
    Fail,
    /// The column is left out; [`Plan::refused`](super::Plan::refused) names it.
    LeaveOut,
}

/// How the columns of a foreign file become time, tags and fields. The default takes every column, with the column
/// `timestamp` as the time and no tags.
///
/// Columns are named as in the file; the members of structures, with `flatten`, by their path with dots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForeignOptions {
    /// The column that is the rows' time; `None` is `timestamp`.
    pub time_column: Option<String>,
    /// Without `time_column` and with no column `timestamp`, take one called `time`.
    pub time_fallback: bool,
    /// The unit of a time column that holds plain integers.
    pub time_unit: NumberUnit,
    /// How a time column of strings is written, in strftime's signs; `None` is ISO 8601 / RFC 3339. Without an offset
    /// in the text the time is UTC.
    pub time_format: Option<String>,
    /// The columns that are tags, in the order that rows are sorted by.
    pub tags: Vec<String>,
    /// Tags from the file's path, outermost first ([`hive_tags`](super::hive_tags)); before those of `tags`. `None`
    /// is NULL.
    pub path_tags: Vec<(String, Option<String>)>,
    /// Structures become a column a member, lists and maps a string field of JSON. Without it they are refused.
    pub flatten: bool,
    /// The columns to take besides the time and the tags; `None` is all.
    pub columns: Option<Vec<String>>,
    /// What to do with a column that has no place among time, tags and fields.
    pub on_refused: OnRefused,
}
