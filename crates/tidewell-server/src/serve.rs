//! Listening, and stopping without cutting anyone off.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use tidewell_engine::Engine;
use tidewell_env::Env;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

use crate::ServerConfig;
use crate::app::App;
use crate::connection::Connections;
use crate::router::router_of;

/// How long to wait where the system has no descriptor or memory for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves HTTP/1.1 and HTTP/2 (prior knowledge) until `shutdown` completes; then takes no further connection, answers
/// 503 on `/ready`, and returns once the requests in flight are answered or `drain_timeout_ms` have passed.
///
/// The engine stays open: shutting it down, which folds what is buffered, is for the caller to do next.
pub async fn serve(
    engine: Engine,
    env: Env,
    listener: TcpListener,
    config: ServerConfig,
    shutdown: impl Future<Output = ()> + Send,
) {
    let drain_timeout = Duration::from_millis(config.drain_timeout_ms);
    let places = Arc::new(Semaphore::new(config.connections_max.clamp(1, Semaphore::MAX_PERMITS)));
    let idle_timeout = Duration::from_millis(config.idle_timeout_ms);
    let app = App::new(engine, env.clone(), config);
    let (running, is_running) = watch::channel(());
    let connections = Connections::new(router_of(Arc::clone(&app)), env, idle_timeout, is_running);
    let graceful = GracefulShutdown::new();

    tokio::select! {
        () = accept(&listener, &places, &connections, &graceful) => {}
        () = shutdown => {}
    }

    app.start_draining();
    drop(listener);
    drop(running);
    if tokio::time::timeout(drain_timeout, graceful.shutdown()).await.is_err() {
        tracing::warn!(?drain_timeout, "stopping although requests are still in flight");
    }
}

/// Accepts connections, each only once there is a place for it; never returns.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
    connections: &Connections,
    graceful: &GracefulShutdown,
) {
    loop {
        let Ok(place) = Arc::clone(places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => connections.start(stream, graceful.watcher(), place),
            Err(error) if is_of_one_connection(&error) => tracing::debug!(%error, "a connection ended before it began"),
            Err(error) => {
                tracing::warn!(%error, "cannot accept connections; trying again");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests;
