//! A server as a client sees it: requests out, answers or refusals in.

use reqwest::{Client, Method, RequestBuilder, Response, Url};
use serde_json::Value;

use crate::failure::Failure;

/// How much of a refusal is read.
const REFUSAL_BYTES_MAX: usize = 1 << 20;

/// One server.
#[derive(Clone, Debug)]
pub(crate) struct ServerClient {
    base: Url,
    token: Option<String>,
    client: Client,
}

impl ServerClient {
    /// Makes no request. A host without a scheme is spoken to in clear text.
    ///
    /// # Errors
    /// [`Failure::Usage`] when `host` is no URL of http or https.
    pub(crate) fn new(host: &str, token: Option<String>) -> Result<Self, Failure> {
        let with_scheme = if host.contains("://") { host.to_owned() } else { format!("http://{host}") };
        let base =
            Url::parse(&with_scheme).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        let Some(mut base) = base else {
            return Err(Failure::Usage(format!("{host:?} is no server: write it like http://localhost:8086")));
        };
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let client =
            Client::builder().tcp_nodelay(true).user_agent(concat!("tidewell/", env!("CARGO_PKG_VERSION"))).build();
        let client = client.map_err(|error| Failure::work(format!("cannot set up HTTP: {error}")))?;
        Ok(Self { base, token, client })
    }

    /// A request for `path`, which has no leading slash.
    ///
    /// # Errors
    /// [`Failure::Usage`] when host and path make no URL.
    pub(crate) fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Failure> {
        let url = self.base.join(path).map_err(|error| Failure::Usage(format!("{}{path}: {error}", self.base)))?;
        let request = self.client.request(method, url);
        Ok(match &self.token {
            Some(token) => request.header("Authorization", format!("Token {token}")),
            None => request,
        })
    }

    /// Sends a request; any status is an answer.
    ///
    /// # Errors
    /// [`Failure`] when no answer came; whether the server acted on the request is then unknown.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        request.send().await.map_err(|error| self.no_answer(&error))
    }

    /// The JSON that a GET of `path` is answered with.
    ///
    /// # Errors
    /// [`Failure`] in the server's words, or when no answer came.
    pub(crate) async fn get_json(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        let response = self.send(self.request(Method::GET, path)?.query(query)).await?;
        if !response.status().is_success() {
            return Err(refusal(response).await);
        }
        let bytes = response.bytes().await.map_err(|error| self.no_answer(&error))?;
        serde_json::from_slice(&bytes)
            .map_err(|error| Failure::work(format!("the server's answer makes no sense: {error}")))
    }

    /// What to say when an answer did not come, or stopped half way.
    pub(crate) fn no_answer(&self, error: &reqwest::Error) -> Failure {
        let host = self.base.as_str().trim_end_matches('/');
        if error.is_connect() {
            let hint =
                "start one with `tidewell serve`, name another with --host, or open a store directly with --store";
            return Failure::with_hint(format!("no server answers at {host}: {}", innermost(error)), hint);
        }
        Failure::work(format!("the answer of {host} broke off: {}", innermost(error)))
    }
}

/// The body of a refusal, cut at 1 MiB: its JSON, or its text as a JSON string.
pub(crate) async fn refusal_body(mut response: Response) -> Value {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > REFUSAL_BYTES_MAX {
            break;
        }
    }
    serde_json::from_slice(&body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&body).into_owned()))
}

/// A refusal in words: the server's own where it gave any.
pub(crate) async fn refusal(response: Response) -> Failure {
    let status = response.status();
    let body = refusal_body(response).await;
    Failure::work(refusal_message(status, &body))
}

/// The server's own words, or its status.
pub(crate) fn refusal_message(status: reqwest::StatusCode, body: &Value) -> String {
    let said = body.get("error").or_else(|| body.get("message")).unwrap_or(body).as_str().unwrap_or_default().trim();
    if said.is_empty() { format!("the server answered {status}") } else { said.to_owned() }
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests;
