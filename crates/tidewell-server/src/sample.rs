//! A service over a store in memory, and requests for it.
#![allow(clippy::unwrap_used)]

use std::io::Write as _;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tidewell_engine::{AckLevel, Engine, EngineConfig, StoreUrl, WalConfig};
use tidewell_env::Env;
use tower::ServiceExt as _;

use crate::ServerConfig;
use crate::app::{App, Shared};
use crate::router::router_of;

/// Small limits, so that tests reach them.
pub(crate) fn config() -> ServerConfig {
    ServerConfig { body_bytes_max: 100_000, bodies_bytes_max: 300_000, ..ServerConfig::default() }
}

pub(crate) async fn engine() -> Engine {
    let wal = WalConfig {
        mode: Some(AckLevel::Object),
        dir: std::env::temp_dir().join("tidewell-server-tests-have-no-local-log"),
        ..WalConfig::default()
    };
    let config = EngineConfig { store: StoreUrl::Memory, wal, ..EngineConfig::default() };
    Engine::open(config, Env::system()).await.unwrap()
}

/// What every handler shares, over a fresh engine.
pub(crate) async fn app(config: ServerConfig) -> Shared {
    App::new(engine().await, Env::system(), config)
}

/// The service over a fresh engine.
pub(crate) async fn service() -> Router {
    router_of(app(config()).await)
}

/// A whole reply.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/json", "{}", self.text());
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) async fn send(service: &Router, request: Request<Body>) -> Reply {
    let reply = service.clone().oneshot(request).await.unwrap();
    let (parts, body) = reply.into_parts();
    Reply { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes() }
}

pub(crate) async fn get(service: &Router, uri: &str) -> Reply {
    send(service, Request::get(uri).body(Body::empty()).unwrap()).await
}

pub(crate) async fn post(service: &Router, uri: &str, body: impl Into<Body>) -> Reply {
    send(service, Request::post(uri).body(body.into()).unwrap()).await
}

pub(crate) async fn post_gzip(service: &Router, uri: &str, body: Vec<u8>) -> Reply {
    send(service, Request::post(uri).header("content-encoding", "gzip").body(body.into()).unwrap()).await
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
