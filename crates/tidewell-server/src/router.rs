//! Which handler answers which path.

use std::any::Any;

use axum::Router;
use axum::extract::OriginalUri;
use axum::http::{Method, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete as delete_route, get, post};
use tidewell_engine::Engine;
use tidewell_env::Env;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};

use crate::app::{App, Shared};
use crate::reply::Failure;
use crate::{
    ServerConfig, catalog, cors, delete, health, import_csv, metrics, observe, query_json, query_sql, rollups, search,
    snapshots, stats, tables, write,
};

/// Every path that is served, as counted by the metrics.
pub(crate) const ROUTES: [&str; 27] = [
    "/write",
    "/api/v2/write",
    "/api/v3/write_lp",
    "/api/v1/delete",
    "/api/v2/delete",
    "/api/v1/snapshots",
    "/api/v1/snapshots/restore",
    "/api/v1/rollups",
    "/api/v1/rollups/{name}",
    "/api/v1/tables",
    "/api/v1/tables/{table}/schema",
    "/api/v1/tables/{table}/rows",
    "/api/v1/import/csv",
    "/api/v1/catalog/search",
    "/api/v1/catalog/datasets",
    "/query",
    "/sql",
    "/api/v3/query_sql",
    "/api/v3/configure/database",
    "/health",
    "/ready",
    "/healthz",
    "/livez",
    "/readyz",
    "/ping",
    "/stats",
    "/metrics",
];

/// Parquet is compressed as it is.
const PARQUET_IS_DENSE: NotForContentType = NotForContentType::const_new("application/vnd.apache.parquet");

/// The HTTP service over an open engine, for any transport; needs a runtime when called.
pub fn router(engine: Engine, env: Env, config: ServerConfig) -> Router {
    router_of(App::new(engine, env, config))
}

pub(crate) fn router_of(app: Shared) -> Router {
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(app.clone(), observe::observe))
        .layer(from_fn_with_state(app.clone(), cors::cors))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(PARQUET_IS_DENSE)))
        .layer(CatchPanicLayer::custom(panicked));
    Router::new()
        .route("/write", post(write::write_v1))
        .route("/api/v2/write", post(write::write_v2))
        .route("/api/v3/write_lp", post(write::write_v3))
        .route("/api/v1/delete", post(delete::delete_v1))
        .route("/api/v2/delete", post(delete::delete_v2))
        .route("/api/v1/snapshots", get(snapshots::list).post(snapshots::create).delete(snapshots::drop_one))
        .route("/api/v1/snapshots/restore", post(snapshots::restore))
        .route("/api/v1/rollups", get(rollups::list).post(rollups::create))
        .route("/api/v1/rollups/{name}", delete_route(rollups::drop_one))
        .route("/api/v1/tables", get(tables::list))
        .route("/api/v1/tables/{table}/schema", get(tables::schema))
        .route("/api/v1/tables/{table}/rows", get(tables::rows))
        .route("/api/v1/import/csv", post(import_csv::import_csv))
        .route("/api/v1/catalog/search", get(search::search))
        .route("/api/v1/catalog/datasets", get(search::datasets))
        .route("/query", get(query_json::query_get).post(query_json::query_post))
        .route("/sql", post(query_json::sql_post))
        .route("/api/v3/query_sql", get(query_sql::query_sql).post(query_sql::query_sql))
        .route("/api/v3/configure/database", get(catalog::list_databases))
        .route("/health", get(health::health))
        .route("/healthz", get(health::health))
        .route("/ready", get(health::ready))
        .route("/readyz", get(health::ready))
        .route("/livez", get(health::live))
        .route("/ping", get(health::ping))
        .route("/stats", get(stats::stats))
        .route("/metrics", get(metrics::metrics))
        .method_not_allowed_fallback(wrong_method)
        .fallback(no_endpoint)
        .layer(layers)
        .with_state(app)
}

async fn no_endpoint(OriginalUri(uri): OriginalUri) -> Failure {
    Failure::new(StatusCode::NOT_FOUND, format!("no such endpoint: {}", uri.path()))
}

async fn wrong_method(method: Method, OriginalUri(uri): OriginalUri) -> Failure {
    Failure::new(StatusCode::METHOD_NOT_ALLOWED, format!("{} does not take {method}: see the Allow header", uri.path()))
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    tracing::error!(panic = text.unwrap_or("of no text"), "a request panicked");
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "the request failed within the server: report this").into_response()
}

#[cfg(test)]
mod tests;
