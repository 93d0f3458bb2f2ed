//! Counts the requests that really go out, retries included.

use async_trait::async_trait;
use http_body_util::BodyExt;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody, HttpService,
    ReqwestConnector,
};

use super::exchange::{Ending, Exchange};
use crate::meter::RequestKind;

/// Makes clients that count. Connections set TCP_NODELAY, which is reqwest's default.
#[derive(Debug)]
pub(super) struct CountingConnector {
    pub(super) bucket: String,
}

impl HttpConnector for CountingConnector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let inner = ReqwestConnector::default().connect(options)?;
        Ok(HttpClient::new(Counting { inner, bucket: self.bucket.clone() }))
    }
}

#[derive(Debug)]
struct Counting {
    inner: HttpClient,
    bucket: String,
}

impl Counting {
    /// Whether the request is for the bucket: credentials are fetched in between from other servers.
    fn is_for_bucket(&self, request: &HttpRequest) -> bool {
        let by_host = request.uri().host().and_then(|host| host.strip_prefix(self.bucket.as_str()));
        let by_path = request.uri().path().strip_prefix('/').and_then(|path| path.strip_prefix(self.bucket.as_str()));
        by_host.is_some_and(|rest| rest.starts_with('.'))
            || by_path.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

fn kind_of(request: &HttpRequest) -> RequestKind {
    let query = request.uri().query().unwrap_or_default();
    match request.method().as_str() {
        "GET" if query.split('&').any(|pair| pair == "list-type=2") => RequestKind::List,
        "GET" => RequestKind::Get,
        "HEAD" => RequestKind::Head,
        "PUT" => RequestKind::Put,
        "DELETE" => RequestKind::Delete,
        "POST" if query.split('&').any(|pair| matches!(pair, "delete" | "delete=")) => RequestKind::Delete,
        // The beginning and the end of an object in parts are billed as writes.
        "POST" if query.split('&').any(|pair| pair.starts_with("uploads") || pair.starts_with("uploadId=")) => {
            RequestKind::Put
        }
        _ => RequestKind::Other,
    }
}

fn ending_of(reply: &Result<HttpResponse, HttpError>) -> Ending {
    match reply {
        Ok(response) => Ending::Status(response.status().as_u16()),
        Err(error) if error.kind() == HttpErrorKind::Connect => Ending::NoConnection,
        Err(_) => Ending::Unanswered,
    }
}

#[async_trait]
impl HttpService for Counting {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let Some(exchange) = Exchange::current().filter(|_| self.is_for_bucket(&request)) else {
            return self.inner.execute(request).await;
        };
        let meter = exchange.meter().clone();
        meter.count(kind_of(&request), 1);
        meter.count_bytes_out(request.body().content_length());
        exchange.end(Ending::Unanswered);
        let reply = self.inner.execute(request).await;
        exchange.end(ending_of(&reply));
        let (parts, body) = reply?.into_parts();
        let counted = body.map_frame(move |frame| {
            meter.count_bytes_in(frame.data_ref().map_or(0, bytes::Bytes::len));
            frame
        });
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(counted)))
    }
}
