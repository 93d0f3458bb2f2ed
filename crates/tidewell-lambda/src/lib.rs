//! The Lambda edge.
