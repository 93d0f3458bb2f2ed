//! Waiting for something to become true, but not for ever.

use std::time::Duration;

use tidewell_env::Env;

const PAUSE: Duration = Duration::from_millis(10);

/// Asks `ready` every 10 ms and gives its first answer, or `None` once `patience` has passed. Blocks the thread.
pub(crate) fn wait_for<T>(patience: Duration, mut ready: impl FnMut() -> Option<T>) -> Option<T> {
    let env = Env::system();
    let start = env.monotonic();
    loop {
        if let Some(answer) = ready() {
            return Some(answer);
        }
        if env.monotonic() - start > patience {
            return None;
        }
        std::thread::sleep(PAUSE);
    }
}
