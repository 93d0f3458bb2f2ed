//! `POST /api/v1/import/csv?table=`: a file of CSV, stored while it arrives.

use std::io::Write as _;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use futures::StreamExt as _;
use serde_json::{Value, json};
use tidewell_engine::{CSV_SETTINGS, CsvOptions, CsvReply, CsvRequest, Rejected};

use crate::app::{App, Shared};
use crate::body::is_gzip;
use crate::parameters::{DEFAULT_DATABASE, Parameters};
use crate::reply::{Failure, json_reply};
use crate::tables::column_json;
use crate::write::{SESSION, idempotency_key};

/// Compressed bytes that are inflated at once, so that little is held of what they become.
const INFLATE_BYTES: usize = 4 << 10;

/// `?db=&table=&ack=` and the names of [`CSV_SETTINGS`]; the body is the file, plain or gzip, of any length.
///
/// Rows are stored as they come. The reply counts them and lists the rows that do not fit, with their lines.
pub(crate) async fn import_csv(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let mut request = request(&Parameters::of_url(query.as_deref()))?;
    request.idempotency_key = idempotency_key(&headers)?;
    let is_gzip = is_gzip(&headers)?;
    let intake = app.engine.take_csv(request)?;
    let timeout = Duration::from_millis(app.config.body_timeout_ms);
    let mut chunks = body.into_data_stream();
    let mut inflater = is_gzip.then(|| MultiGzDecoder::new(Vec::new()));
    let mut intake = Some(intake);
    loop {
        let chunk = tokio::time::timeout(timeout, chunks.next()).await.map_err(|_| too_slow(&app))?;
        let Some(chunk) = chunk else { break };
        let chunk = chunk.map_err(|error| {
            Failure::new(StatusCode::BAD_REQUEST, format!("the request body broke off ({error}): send it again"))
        })?;
        app.traffic.count_body(chunk.len());
        for piece in chunk.chunks(if is_gzip { INFLATE_BYTES } else { chunk.len().max(1) }) {
            let bytes = match &mut inflater {
                Some(inflater) => inflated(inflater, piece)?,
                None => Bytes::copy_from_slice(piece),
            };
            intake = Some(push(&app, intake, bytes).await?);
        }
    }
    if let Some(inflater) = inflater {
        let rest = inflater.finish().map_err(|_| damaged())?;
        intake = Some(push(&app, intake, rest.into()).await?);
    }
    let reply = finish(&app, intake).await?;
    Ok(stored(&reply))
}

type Intake = Option<tidewell_engine::CsvIntake>;

/// A client that goes away must not stop a write between the log and the buffer: each runs to its end on its own.
async fn push(app: &App, intake: Intake, bytes: Bytes) -> Result<tidewell_engine::CsvIntake, Failure> {
    let mut intake = intake.ok_or_else(failed)?;
    let task = app.env.spawn(async move {
        let pushed = intake.push(&bytes).await;
        pushed.map(|()| intake)
    });
    Ok(task.await.map_err(|_| failed())??)
}

async fn finish(app: &App, intake: Intake) -> Result<CsvReply, Failure> {
    let intake = intake.ok_or_else(failed)?;
    Ok(app.env.spawn(intake.finish()).await.map_err(|_| failed())??)
}

fn request(parameters: &Parameters) -> Result<CsvRequest, Failure> {
    let table = parameters.get("table").or(parameters.get("measurement"));
    let table = table.ok_or_else(|| Failure::invalid("the parameter table is missing: name the table to import to"))?;
    let mut options = CsvOptions::default();
    for name in CSV_SETTINGS {
        if let Some(text) = parameters.get(name) {
            options.set(name, text).map_err(|error| Failure::invalid(error.to_string()))?;
        }
    }
    let ack = parameters.get("ack").map(|text| text.parse().map_err(|error| Failure::invalid(format!("{error}"))));
    Ok(CsvRequest {
        database: parameters.get("db").unwrap_or(DEFAULT_DATABASE).to_owned(),
        table: table.to_owned(),
        options,
        ack: ack.transpose()?,
        idempotency_key: None,
    })
}

fn inflated(inflater: &mut MultiGzDecoder<Vec<u8>>, piece: &[u8]) -> Result<Bytes, Failure> {
    inflater.write_all(piece).map_err(|_| damaged())?;
    Ok(std::mem::take(inflater.get_mut()).into())
}

fn stored(reply: &CsvReply) -> Response {
    let rejected = |row: &Rejected| json!({"line": row.line, "column": row.column, "reason": row.to_string()});
    let body: Value = json!({
        "rows": reply.rows,
        "rejected_count": reply.rejected.count,
        "rejected": reply.rejected.listed.iter().map(rejected).collect::<Vec<_>>(),
        "columns": reply.columns.iter().map(column_json).collect::<Vec<_>>(),
    });
    let mut response = json_reply(StatusCode::OK, &body);
    if let Ok(token) = HeaderValue::from_str(&reply.token)
        && !token.is_empty()
    {
        response.headers_mut().insert(SESSION, token);
    }
    response
}

fn damaged() -> Failure {
    Failure::new(
        StatusCode::BAD_REQUEST,
        "the body is not the gzip that its Content-Encoding promises, or it is cut short; rows before that may be stored",
    )
}

fn too_slow(app: &App) -> Failure {
    let timeout_ms = app.config.body_timeout_ms;
    Failure::new(
        StatusCode::REQUEST_TIMEOUT,
        format!("nothing of the body came for {timeout_ms} ms: send it again, the same rows overwrite themselves"),
    )
}

fn failed() -> Failure {
    Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "the import failed within the server: send the file again")
}

#[cfg(test)]
mod tests;
