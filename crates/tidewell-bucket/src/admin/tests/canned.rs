//! A server that answers each request as a function says, and remembers what it was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use tidewell_env::Env;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What was asked.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    query: String,
    headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The method and what of the bucket it is about: `GET lifecycle`, `HEAD`, `PUT`.
    pub(crate) fn asks(&self) -> String {
        let setting = self.query.split('&').find(|part| !part.starts_with("x-id")).unwrap_or_default();
        format!("{} {}", self.method, setting.split('=').next().unwrap_or_default()).trim_end().to_owned()
    }

    /// Whether it is signed for the region.
    pub(crate) fn is_for(&self, region: &str) -> bool {
        self.header("authorization").is_some_and(|signature| signature.contains(&format!("/{region}/s3/")))
    }
}

/// What is answered.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// An error as S3 spells it.
    pub(crate) fn error(status: u16, code: &str) -> Self {
        Self::new(status, format!("<Error><Code>{code}</Code><Message>as scripted</Message></Error>"))
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

type Script = dyn Fn(&Request) -> Reply + Send + Sync;

/// The server; it ends with the runtime of its test.
pub(crate) struct Canned {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Canned {
    pub(crate) async fn start(script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let (seen, script, env): (_, Arc<Script>, _) = (Arc::clone(&requests), Arc::new(script), Env::system());
        drop(env.clone().spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, script) = (Arc::clone(&seen), Arc::clone(&script));
                drop(env.spawn(async move {
                    serve(stream, &seen, &*script).await;
                }));
            }
        }));
        Self { port, requests }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was asked of the bucket, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.requests().iter().map(Request::asks).collect()
    }
}

async fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Request>>, script: &Script) -> Option<()> {
    loop {
        let request = read(&mut stream).await?;
        let reply = script(&request);
        let mut answer = format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\n", reply.status, reply.body.len());
        for (name, value) in &reply.headers {
            answer.push_str(&format!("{name}: {value}\r\n"));
        }
        answer.push_str("\r\n");
        if request.method != "HEAD" {
            answer.push_str(&reply.body);
        }
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |value| value.parse().unwrap_or_default());
    while bytes.len() < head_end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8_lossy(&bytes[head_end..]).into_owned();
    Some(Request { method, path: path.trim_end_matches('/').to_owned(), query: query.to_owned(), headers, body })
}
