//! The HTTP edge: decodes requests, calls the engine, encodes replies. It holds no truth and no state but counters.
//!
//! [`serve`] runs on a listening socket until told to stop; [`router`] is the same service without a socket.

mod app;
mod body;
mod body_budget;
mod catalog;
mod config;
mod connection;
mod cors;
mod delete;
mod exposition;
mod health;
mod import_csv;
mod in_process;
mod inflate;
mod metrics;
mod observe;
mod parameters;
mod query_json;
mod query_sql;
mod read_options;
mod reply;
mod request_id;
mod rollups;
mod router;
mod rows_reply;
mod search;
mod serve;
mod snapshots;
mod spent;
mod stats;
mod stream;
mod tables;
mod traffic;
mod write;
mod write_refusal;

#[cfg(test)]
mod sample;

pub use config::ServerConfig;
pub use in_process::{InProcess, ReplyBody};
pub use router::router;
pub use serve::serve;
