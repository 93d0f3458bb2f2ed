//! The catalog: datasets of Parquet under a prefix, counted and found by their words.
