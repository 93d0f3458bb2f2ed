//! What an operator can set about the HTTP edge.

use std::net::{Ipv4Addr, SocketAddr};

/// The HTTP edge's address and limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// Where to listen; port 0 takes any free port. Default `127.0.0.1:8086`.
    pub bind: SocketAddr,
    /// The largest request body, in bytes after decompression; above: 413. Default 64 MiB.
    pub body_bytes_max: usize,
    /// Bytes of all request bodies that are held at the same time; above: 503 with `Retry-After`. At least
    /// `body_bytes_max`. Default 256 MiB.
    pub bodies_bytes_max: usize,
    /// How long a client may take to send a body, in milliseconds; above: 408. Default 60 s.
    pub body_timeout_ms: u64,
    /// The largest reply that is put together in memory (`/query`, `/sql`), in bytes; above: 413. Default 32 MiB.
    pub reply_bytes_max: usize,
    /// Connections at the same time; further ones wait to be accepted. Default 4096.
    pub connections_max: usize,
    /// How long a connection may be idle or take to send its headers, in milliseconds. Default 75 s.
    pub idle_timeout_ms: u64,
    /// How long requests in flight may take once the server stops, in milliseconds. Default 20 s.
    pub drain_timeout_ms: u64,
    /// Whether browsers on other origins may call; off by default.
    pub cors: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 8086)),
            body_bytes_max: 64 << 20,
            bodies_bytes_max: 256 << 20,
            body_timeout_ms: 60_000,
            reply_bytes_max: 32 << 20,
            connections_max: 4096,
            idle_timeout_ms: 75_000,
            drain_timeout_ms: 20_000,
            cors: false,
        }
    }
}
