//! How far a scan is, for whoever watches it, and the word that ends it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// How far a scan is.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Progressed {
            $($(#[$doc])* pub $name: u64,)*
        }

        #[derive(Debug, Default)]
        struct Counters {
            $($name: AtomicU64,)*
        }

        impl Progress {
            /// The counts so far.
            #[must_use]
            pub fn snapshot(&self) -> Progressed {
                Progressed { $($name: self.0.$name.load(Ordering::Relaxed),)* }
            }

            $(pub(crate) fn $name(&self, count: u64) {
                self.0.$name.fetch_add(count, Ordering::Relaxed);
            })*
        }
    };
}

/// Counters of a scan that runs; clones share them. They only rise.
#[derive(Clone, Debug, Default)]
pub struct Progress(Arc<Counters>);

counters! {
    /// Datasets that were found.
    datasets_found,
    /// Datasets that are done: unchanged, scanned or failed.
    datasets_done,
    /// Datasets of these that failed.
    datasets_failed,
    /// Files to read, as far as is known.
    files_found,
    /// Files of these that were read.
    files_done,
    /// Bytes of the files to read.
    bytes_found,
    /// Bytes of the files that were read, at their full size.
    bytes_done,
    /// Rows that were read.
    rows_done,
    /// Requests that were tried again because the store throttled or failed for now.
    retries,
}

impl Progress {
    /// Counters at zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// Ends a scan: it stops before its next file. Clones share it. Dropping the scan's future ends it as well, at once.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// One that nobody has used.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody said stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
