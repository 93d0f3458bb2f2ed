//! The import path: files of others to segments, or named in place.
