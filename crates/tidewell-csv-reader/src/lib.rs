//! A C library that reads CSV for other programs: `libtidewell_csv_reader`, whose header is
//! `include/tidewell_csv_reader.h`.
//!
//! A reader gives its rows as JSON, batch by batch, or as one Arrow stream without a copy. It reads one file after the
//! other, holds one chunk of a file and its batches, and makes no thread.

mod config;
mod exports;
mod json;
mod open_file;
mod reading;
mod stream;

pub use exports::{
    create_reader, extract_batch, extract_batch_at, free_reader, free_string, last_error, reader_stream,
    tidewell_csv_free_string, tidewell_csv_last_error,
};
