//! The house rules as code: `cargo xtask tidy` prints what breaks them, and `cargo test` fails on it.
//!
//! One file a rule, each a pure function over a [`Tree`], so that each is tested on a small tree that breaks it.

mod bucket_names;
mod declared_tests;
mod error;
mod format_pages;
mod headers;
mod layers;
mod lengths;
mod metadata;
mod others_bugs;
mod pages;
mod scan;
mod tidy;
mod tree;
mod violation;
mod words;

pub use error::TidyError;
pub use tidy::{Report, tidy, workspace_root};
pub use tree::{Kind, SourceFile, Tree};
pub use violation::Violation;
