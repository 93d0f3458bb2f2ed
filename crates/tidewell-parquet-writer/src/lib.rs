//! A C library that writes Parquet for other programs.
