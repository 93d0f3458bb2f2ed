//! One connection, from its first byte to its end.

use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::Watcher;
use hyper_util::service::TowerToHyperService;
use tidewell_env::Env;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, watch};

/// Requests at the same time on one HTTP/2 connection.
const STREAMS_MAX: u32 = 256;

/// What a client of HTTP/2 says first.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How soon to look again for the rest of the preface, which nearly always comes in one piece.
const PREFACE_PAUSE: Duration = Duration::from_millis(10);

/// How connections are served.
pub(crate) struct Connections {
    router: Router,
    env: Env,
    builder: Builder<TokioExecutor>,
    idle_timeout: Duration,
    /// Closed when the server stops.
    running: watch::Receiver<()>,
}

impl Connections {
    pub(crate) fn new(router: Router, env: Env, idle_timeout: Duration, running: watch::Receiver<()>) -> Self {
        let mut builder = Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(idle_timeout);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS_MAX)
            .keep_alive_interval(idle_timeout)
            .keep_alive_timeout(idle_timeout);
        Self { router, env, builder, idle_timeout, running }
    }

    /// Serves a connection in the background; `place` is free again when it ends.
    pub(crate) fn start(&self, stream: TcpStream, watcher: Watcher, place: OwnedSemaphorePermit) {
        // Replies are small and complete: waiting to fill a packet only adds to their time.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot set TCP_NODELAY");
        }
        let service = TowerToHyperService::new(self.router.clone());
        let builder = self.builder.clone();
        let idle_timeout = self.idle_timeout;
        let mut running = self.running.clone();
        self.env.spawn(async move {
            // The builder knows no timeout, and no stop, before it knows the version.
            let is_spoken_to = tokio::select! {
                is_known = tokio::time::timeout(idle_timeout, is_version_known(&stream)) => is_known.unwrap_or(false),
                _ = running.changed() => false,
            };
            if !is_spoken_to {
                return;
            }
            let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
            if let Err(error) = watcher.watch(connection.into_owned()).await {
                tracing::debug!(%error, "connection ended");
            }
            drop(place);
        });
    }
}

/// Waits until what came tells HTTP/2 from HTTP/1, and leaves it there; `false` where the client went away.
async fn is_version_known(stream: &TcpStream) -> bool {
    let mut seen = [0; PREFACE.len()];
    loop {
        match stream.peek(&mut seen).await {
            Ok(0) | Err(_) => return false,
            Ok(count) if count < PREFACE.len() && seen.get(..count) == PREFACE.get(..count) => {
                tokio::time::sleep(PREFACE_PAUSE).await;
            }
            Ok(_) => return true,
        }
    }
}
