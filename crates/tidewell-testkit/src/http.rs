//! What tests say to a server, and what it answers.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::TestServer;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// The body as text; bytes that are none are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// One header as text, `None` where it is absent.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Itself, if the status is a success.
    ///
    /// # Panics
    /// With status and body when it is none.
    #[must_use]
    pub fn expect_success(self) -> Self {
        assert!(self.status.is_success(), "{}: {}", self.status, self.text());
        self
    }
}

impl TestServer {
    /// A client for requests of the test's own; no proxies, no waiting for small packets.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::builder().no_proxy().tcp_nodelay(true).build().expect("an HTTP client")
    }

    /// Sends a request to `path`, which starts with a slash and may have a query; `None` where no answer came.
    pub async fn try_request(&self, method: Method, path: &str, body: impl Into<Bytes>) -> Option<Reply> {
        let request = self.client().request(method, format!("{}{path}", self.url())).body(body.into());
        let response = request.send().await.ok()?;
        let (status, headers) = (response.status(), response.headers().clone());
        Some(Reply { status, headers, body: response.bytes().await.ok()? })
    }

    /// As [`TestServer::try_request`].
    ///
    /// # Panics
    /// When no answer came.
    pub async fn request(&self, method: Method, path: &str, body: impl Into<Bytes>) -> Reply {
        let reply = self.try_request(method, path, body).await;
        reply.unwrap_or_else(|| panic!("no answer to {path}; the server's log is {}", self.log_path().display()))
    }

    /// Gets `path`.
    ///
    /// # Panics
    /// When no answer came.
    pub async fn get(&self, path: &str) -> Reply {
        self.request(Method::GET, path, Bytes::new()).await
    }

    /// Writes line protocol (nanoseconds) to the database `default`.
    ///
    /// # Panics
    /// When the server did not store every line.
    pub async fn write(&self, lines: &str) -> Reply {
        self.write_to("default", lines).await
    }

    /// Writes line protocol (nanoseconds) to a database.
    ///
    /// # Panics
    /// When the server did not store every line.
    pub async fn write_to(&self, database: &str, lines: &str) -> Reply {
        let path = format!("/api/v3/write_lp?db={}&precision=ns", encoded(database));
        self.request(Method::POST, &path, lines.to_owned()).await.expect_success()
    }

    /// Rows that a query of the database `default` answers.
    ///
    /// # Panics
    /// When the server refuses it.
    pub async fn sql(&self, sql: &str) -> Vec<Map<String, Value>> {
        self.sql_in("default", sql).await
    }

    /// Rows that a query of a database answers.
    ///
    /// # Panics
    /// When the server refuses it.
    pub async fn sql_in(&self, database: &str, sql: &str) -> Vec<Map<String, Value>> {
        let rows = self.try_sql(database, sql, "json").await.expect_success().json();
        serde_json::from_value(rows).expect("an array of objects")
    }

    /// The one value that a query of the database `default` answers; NULL where the row leaves it out.
    ///
    /// # Panics
    /// When the server refuses it, or the answer is not one row of at most one column.
    pub async fn sql_value(&self, sql: &str) -> Value {
        let mut rows = self.sql(sql).await;
        assert_eq!(rows.len(), 1, "{sql}: {rows:?}");
        let row = rows.remove(0);
        assert!(row.len() <= 1, "{sql}: {row:?}");
        row.into_iter().next().map_or(Value::Null, |(_, value)| value)
    }

    /// Asks a query in a format; any status.
    ///
    /// # Panics
    /// When no answer came.
    pub async fn try_sql(&self, database: &str, sql: &str, format: &str) -> Reply {
        let body = json!({"db": database, "q": sql, "format": format}).to_string();
        let request = self.client().post(format!("{}/api/v3/query_sql", self.url()));
        let response = request.header("content-type", "application/json").body(body).send().await;
        let response = response.unwrap_or_else(|error| panic!("no answer to {sql}: {error}"));
        let (status, headers) = (response.status(), response.headers().clone());
        Reply { status, headers, body: response.bytes().await.expect("the answer's end") }
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
