//! Rows to segments in the store, before any commit knows of them.
