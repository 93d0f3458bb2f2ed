//! What every decoder makes of hostile bytes: the bodies of the fuzz targets in `fuzz/`, and a driver for short runs of them.
//!
//! A [`Target`] is one decoder with what must hold of it on any bytes:
//!
//! * it does not panic;
//! * what it takes in memory is bounded by the bytes that it was given ([`Target::memory_bytes_max`]);
//! * what it accepts it would write so that it reads the same;
//! * of what was written, every flipped bit is refused, and so is every part that is cut off.
//!
//! Bytes behind a checksum are reached by making the checksum anew, so that the decoder behind it meets them.

mod import;
mod log;
mod manifest;
mod mutate;
mod run;
mod segment;
mod store;
mod target;

pub use mutate::Mutator;
pub use run::{Findings, cut_short, flip, mutate_and_read};
pub use target::{Sample, Target};

/// Every target, by name.
#[must_use]
pub fn targets() -> Vec<Target> {
    let mut targets = vec![
        log::wal_object(),
        log::wal_rows(),
        log::local_frame(),
        log::local_log(),
        import::import_entry(),
        segment::footer(),
        segment::segment(),
        store::store_format(),
        store::object_name(),
        store::session_token(),
    ];
    targets.extend(manifest::targets());
    targets.sort_by_key(|target| target.name);
    targets
}

/// The target of this name, for a fuzzer's main function.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn target(name: &str) -> Target {
    let found = targets().into_iter().find(|target| target.name == name);
    found.unwrap_or_else(|| panic!("no target {name:?}"))
}
