//! The order that this process gives to its writes.

use parking_lot::Mutex;
use tidewell_env::Env;
use tidewell_types::Stamp;

/// Hands out rising stamps, above everything that this process has seen.
#[derive(Debug, Default)]
pub(crate) struct Stamps {
    last: Mutex<Stamp>,
}

impl Stamps {
    /// The next stamp, above `seen`.
    pub(crate) fn next(&self, env: &Env, seen: Stamp) -> Stamp {
        let wall_ns = u64::try_from(env.now().as_ns()).unwrap_or(0);
        let mut last = self.last.lock();
        *last = (*last).max(seen).next(wall_ns);
        *last
    }
}
