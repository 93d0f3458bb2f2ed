//! The object that the JSON API takes.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::QueryError;

/// A question about one table: which rows, and what to make of them.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonQuery {
    /// The table.
    pub measurement: String,
    /// The instants; all without it.
    #[serde(default, deserialize_with = "null_is_default")]
    pub time_range: JsonTimeRange,
    /// What tags must be; all of it must hold.
    #[serde(default, deserialize_with = "null_is_default")]
    pub tag_filters: Vec<JsonTagFilter>,
    /// Tags and the value that each must have: a short form of filters with `Eq`.
    #[serde(default, deserialize_with = "null_is_default")]
    pub tags: BTreeMap<String, Value>,
    /// The fields to return, in this order; all of them, by name, without it. Rows with none of the fields named are left out.
    #[serde(default, deserialize_with = "null_is_default")]
    pub fields: Vec<String>,
    /// What to compute; the rows themselves without it.
    #[serde(default, alias = "aggregate")]
    pub aggregation: Option<JsonAggregation>,
    /// Tags to compute for each combination of, in this order.
    #[serde(default, deserialize_with = "null_is_default")]
    pub group_by: Vec<String>,
    /// The length of the buckets in words, such as `1m` or `1h30m`: another way to say `interval_nanos`.
    #[serde(default)]
    pub group_by_time: Option<String>,
    /// The order in time.
    #[serde(default, deserialize_with = "null_is_default")]
    pub order: JsonOrder,
    /// Rows of the answer, at most.
    #[serde(default)]
    pub limit: Option<usize>,
    /// Rows to leave out at the start of the answer.
    #[serde(default, deserialize_with = "null_is_default")]
    pub offset: usize,
}

/// Instants from `start` (inclusive) to `end` (exclusive), in nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonTimeRange {
    /// The first instant; the earliest there is without it.
    #[serde(default = "earliest")]
    pub start: i64,
    /// The instant after the last; `i64::MAX`, as without it, is no limit and includes itself.
    #[serde(default = "latest")]
    pub end: i64,
}

const fn earliest() -> i64 {
    i64::MIN
}

const fn latest() -> i64 {
    i64::MAX
}

impl Default for JsonTimeRange {
    fn default() -> Self {
        Self { start: earliest(), end: latest() }
    }
}

/// What one tag must be.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonTagFilter {
    /// The tag.
    #[serde(alias = "tag")]
    pub key: String,
    /// What it is compared with: a text or a number, a list of them for `In` and `NotIn`, nothing for `Exists`.
    #[serde(default)]
    pub value: Value,
    /// `Eq` (without it), `Ne`, `In`, `NotIn`, `Regex`, `NotRegex` or `Exists`; also in lower case, and `=`, `!=`, `=~`, `!~`.
    #[serde(default, alias = "operator")]
    pub op: Option<String>,
}

/// What to compute of one field.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JsonAggregation {
    /// `Mean`, `Sum`, `Min`, `Max`, `Count`, `First`, `Last`, `StdDev`, `Median`, `Percentile` or `Variance`, in any case;
    /// also `avg`, and `p99` for the 99th percentile.
    pub function: String,
    /// The field; where the query names one field alone, that one without it.
    #[serde(default)]
    pub field: Option<String>,
    /// The length of the buckets of time, above 0; one bucket for all without it. Buckets begin at multiples of it from the
    /// Unix epoch.
    #[serde(default)]
    pub interval_nanos: Option<i64>,
    /// Which percentile, 0 to 100.
    #[serde(default)]
    pub percentile: Option<f64>,
    /// The name of the result's column, instead of `<function>_<field>`.
    #[serde(default)]
    pub alias: Option<String>,
}

/// The order in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum JsonOrder {
    /// The earliest first.
    #[default]
    #[serde(rename = "asc", alias = "ASC", alias = "Asc")]
    Ascending,
    /// The latest first.
    #[serde(rename = "desc", alias = "DESC", alias = "Desc")]
    Descending,
}

fn null_is_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

impl JsonQuery {
    /// Reads a query from the body of a request.
    ///
    /// # Errors
    /// [`QueryError::Invalid`] naming the key that is unknown, missing or of another type.
    pub fn parse(body: &[u8]) -> Result<Self, QueryError> {
        serde_json::from_slice(body).map_err(|error| QueryError::Invalid(format!("not a query: {error}")))
    }
}
