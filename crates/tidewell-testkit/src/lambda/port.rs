//! Ports to listen on that no outgoing connection takes meanwhile.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

/// Below the range from which the system takes ports for outgoing connections.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A port on which nobody listens; each call of one process gives another, until all were given.
///
/// # Panics
/// When all are taken.
pub(crate) fn free_port() -> u16 {
    static CALLS: AtomicU16 = AtomicU16::new(0);
    // Test processes that run at once begin far from each other.
    let start = u16::try_from(std::process::id() % 100).unwrap_or_default() * (COUNT / 100);
    for _ in 0..COUNT {
        let call = CALLS.fetch_add(1, Ordering::Relaxed) % COUNT;
        let port = FIRST + (start + call) % COUNT;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("no free port from {FIRST} on");
}
