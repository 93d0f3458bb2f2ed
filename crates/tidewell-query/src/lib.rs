//! Answers over one snapshot: plan, prune, scan, merge, reply.
//!
//! A [`QueryEngine`] takes a [`View`] (a manifest version and the rows that it has not folded yet) and a statement, and
//! gives a stream of rows. DataFusion plans and executes; ours are the table, the pruning, the reading of segments and the
//! merge that makes several versions of a row one. Nothing here writes, lists or names an object.

mod access;
mod ahead;
mod answer;
mod catalog;
mod deep_stack;
mod engine;
mod error;
mod filter;
mod function_caps;
mod group;
mod hidden;
mod json;
mod key_span;
mod limits;
mod merge;
mod normalise;
mod open_ahead;
mod params;
mod pruning;
mod read_units;
mod reader;
mod registered;
mod scan;
mod segment_fault;
mod session;
mod sql;
mod sql_breadth;
mod sql_depth;
mod statistics;
mod table;
mod tail;
mod units;
mod view;
mod yielding;

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod sample;

pub use answer::{Answer, AnswerRows};
pub use engine::QueryEngine;
pub use error::QueryError;
pub use json::{JsonAggregation, JsonOrder, JsonQuery, JsonTagFilter, JsonTimeRange};
pub use limits::QueryLimits;
pub use open_ahead::Question;
pub use params::ParamValue;
pub use sql::StatementTables;
pub use statistics::QueryStatistics;
pub use view::{TableView, View};
