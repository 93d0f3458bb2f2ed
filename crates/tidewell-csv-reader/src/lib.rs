//! A C library that reads CSV for other programs.
