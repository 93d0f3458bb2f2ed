//! Requests without a socket.
#![allow(clippy::unwrap_used)]

use axum::http::StatusCode;

use super::*;
use crate::sample::{config, engine};

#[tokio::test]
async fn request_without_a_socket_is_answered_as_over_one() {
    let service = InProcess::new(engine().await, Env::system(), config());
    let write = Request::post("/write?precision=s").body(Bytes::from("cpu,host=a load=0.5 1")).unwrap();
    assert_eq!(service.answer(write).await.status(), StatusCode::NO_CONTENT);
    let query = Request::get("/api/v3/query_sql?q=select%20load%20from%20cpu&format=csv").body(Bytes::new()).unwrap();
    let reply = service.clone().answer(query).await;
    assert_eq!(reply.status(), StatusCode::OK);
    let pieces: Vec<Bytes> = reply.into_body().try_collect().await.unwrap();
    assert_eq!(pieces.concat(), b"load\n0.5\n");
}
