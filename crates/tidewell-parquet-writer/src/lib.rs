//! A C library that writes Parquet for other programs: `libtidewell_parquet_writer`, whose header is
//! `include/tidewell_parquet_writer.h`.
//!
//! A writer takes rows as JSON or as Arrow streams. It writes one file, or one for each batch; a file has its name only
//! when all of it is on disk. It holds one row group, and makes no thread.

mod columns;
mod config;
mod exports;
mod new_file;
mod records;
mod writing;

pub use exports::{
    close_writer, create_writer, free_string, free_writer, last_error, tidewell_parquet_free_string,
    tidewell_parquet_last_error, write_batch, write_stream,
};
