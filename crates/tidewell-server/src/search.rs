//! `GET /api/v1/catalog/search` and `/api/v1/catalog/datasets`: datasets of others, found by their words.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use tidewell_engine::{CatalogQuery, DatasetRecord, Hit, Kinds, SeriesHit};

use crate::app::Shared;
use crate::parameters::{DEFAULT_DATABASE, Parameters};
use crate::reply::{Failure, json_reply};

/// `?q=&db=&kind=all|datasets|series&dataset=&limit=&offset=&series_limit=&series_offset=`
pub(crate) async fn search(State(app): State<Shared>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let parameters = Parameters::of_url(query.as_deref());
    let started = app.env.monotonic();
    let database = parameters.get("db").unwrap_or(DEFAULT_DATABASE);
    let found = app.engine.search_catalog(database, &catalog_query(&parameters)?).await?;
    let elapsed_ms = app.env.monotonic().saturating_sub(started).as_secs_f64() * 1e3;
    let body = json!({
        "datasets": found.hits.iter().map(hit_json).collect::<Vec<_>>(),
        "dataset_count": found.dataset_count,
        "is_partial": found.is_partial,
        "elapsed_ms": elapsed_ms,
    });
    Ok(json_reply(StatusCode::OK, &body))
}

/// `?db=`: every dataset that was scanned.
pub(crate) async fn datasets(State(app): State<Shared>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let parameters = Parameters::of_url(query.as_deref());
    let datasets = app.engine.datasets(parameters.get("db").unwrap_or(DEFAULT_DATABASE)).await?;
    Ok(json_reply(StatusCode::OK, &json!({"datasets": datasets.iter().map(record_json).collect::<Vec<_>>()})))
}

fn catalog_query(parameters: &Parameters) -> Result<CatalogQuery, Failure> {
    let text =
        parameters.get("q").ok_or_else(|| Failure::invalid("the parameter q is missing: give words to search"))?;
    let mut query = CatalogQuery::of(text);
    query.kinds = match parameters.get("kind").unwrap_or("all") {
        "all" => Kinds::All,
        "datasets" => Kinds::Datasets,
        "series" => Kinds::Series,
        other => return Err(Failure::invalid(format!("`kind` is {other:?}: give all, datasets or series"))),
    };
    query.dataset = parameters.get("dataset").map(str::to_owned);
    for (name, place) in [
        ("limit", &mut query.limit),
        ("offset", &mut query.offset),
        ("series_limit", &mut query.series_limit),
        ("series_offset", &mut query.series_offset),
    ] {
        if let Some(text) = parameters.get(name) {
            *place = text.parse().map_err(|_| Failure::invalid(format!("`{name}` is {text:?}: give a count")))?;
        }
    }
    Ok(query)
}

fn hit_json(hit: &Hit) -> Value {
    let series = |series: &SeriesHit| json!({"id": series.id, "rows": series.row_count, "score": series.score});
    json!({
        "dataset": record_json(&hit.record),
        "score": hit.score,
        "series_matched": hit.series_matched,
        "series": hit.series.iter().map(series).collect::<Vec<_>>(),
    })
}

fn record_json(record: &DatasetRecord) -> Value {
    serde_json::to_value(record).unwrap_or(Value::Null)
}
