//! The JSON query API: a question about one table, as an object.

mod aggregate;
mod duration;
mod filter;
mod function;
mod percentile;
mod plan;
mod request;

pub(crate) use plan::plan_json;
pub use request::{JsonAggregation, JsonOrder, JsonQuery, JsonTagFilter, JsonTimeRange};

#[cfg(test)]
mod tests;
