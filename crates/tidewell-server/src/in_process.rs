//! The HTTP service without a socket, for callers that have whole requests.

use std::error::Error;
use std::fmt;
use std::pin::Pin;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use bytes::Bytes;
use futures::{Stream, TryStreamExt as _};
use tidewell_engine::Engine;
use tidewell_env::Env;
use tower::ServiceExt as _;

use crate::ServerConfig;
use crate::router::router;

/// The bytes of a reply as they come; an error means that the reply stays incomplete.
pub type ReplyBody = Pin<Box<dyn Stream<Item = Result<Bytes, Box<dyn Error + Send + Sync>>> + Send>>;

/// The HTTP service without a socket. Cheap to clone.
#[derive(Clone)]
pub struct InProcess {
    router: Router,
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess").finish_non_exhaustive()
    }
}

impl InProcess {
    /// The service over an open engine; its limits are those of `config`, as far as they are not about connections.
    #[must_use]
    pub fn new(engine: Engine, env: Env, config: ServerConfig) -> Self {
        Self { router: router(engine, env, config) }
    }

    /// Answers one request. Dropping the future gives the request up, but for a write that has begun: it runs to its end.
    pub async fn answer(&self, request: Request<Bytes>) -> Response<ReplyBody> {
        let Ok(reply) = self.router.clone().oneshot(request.map(Body::from)).await;
        reply.map(|body| -> ReplyBody { Box::pin(body.into_data_stream().map_err(Into::into)) })
    }
}

#[cfg(test)]
mod tests;
