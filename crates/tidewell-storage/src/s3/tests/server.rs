//! A small server that speaks enough of S3, and misbehaves on demand.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tidewell_env::Env;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    fn parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }
}

/// What the server does instead of answering as S3 does.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    Status(u16, String),
    /// Carry the request out, then close the connection.
    StoreThenCut,
    /// Answer, and close the connection within the body.
    CutBody,
}

impl Reply {
    pub(super) fn status(status: u16) -> Self {
        Self::Status(status, String::new())
    }
}

/// Given a request and how many came before it.
type Misbehave = dyn Fn(&Request, usize) -> Option<Reply> + Send + Sync;

/// The body, the tag and the metadata.
type Object = (Vec<u8>, String, BTreeMap<String, String>);

struct State {
    objects: Mutex<BTreeMap<String, Object>>,
    requests: Mutex<Vec<Request>>,
    misbehave: Box<Misbehave>,
}

pub(super) struct Server {
    state: Arc<State>,
    port: u16,
}

struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

impl Server {
    pub(super) async fn start(misbehave: impl Fn(&Request, usize) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state =
            Arc::new(State { objects: Mutex::default(), requests: Mutex::default(), misbehave: Box::new(misbehave) });
        let (shared, env) = (Arc::clone(&state), Env::system());
        drop(env.clone().spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = Arc::clone(&shared);
                drop(env.spawn(async move { serve(stream, &state).await }));
            }
        }));
        Self { state, port }
    }

    pub(super) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().clone()
    }

    pub(super) fn store_raw(&self, key: &str, body: &str) {
        self.state.put(key, body.as_bytes().to_vec(), BTreeMap::new());
    }
}

async fn serve(mut stream: TcpStream, state: &State) {
    stream.set_nodelay(true).unwrap();
    while let Some(request) = read(&mut stream).await {
        let number = state.requests.lock().len();
        state.requests.lock().push(request.clone());
        let reply = (state.misbehave)(&request, number);
        let answer = match &reply {
            Some(Reply::Status(status, body)) => Answer::new(*status, body.as_bytes()),
            Some(Reply::StoreThenCut) => {
                state.answer(&request);
                return;
            }
            Some(Reply::CutBody) | None => state.answer(&request),
        };
        let mut head = format!("HTTP/1.1 {} X\r\ncontent-length: {}\r\n", answer.status, answer.body.len());
        if request.method == "HEAD" || answer.status == 304 {
            head = format!("HTTP/1.1 {} X\r\n", answer.status);
        }
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        let length = if matches!(reply, Some(Reply::CutBody)) { answer.body.len() / 2 } else { answer.body.len() };
        if request.method != "HEAD" {
            bytes.extend(&answer.body[..length]);
        }
        stream.write_all(&bytes).await.unwrap();
        if length != answer.body.len() {
            return;
        }
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
    let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
    let mut lines = head.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length").map_or(0, |value| value.parse().unwrap());
    while bytes.len() < head_end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let body = bytes[head_end..].to_vec();
    // Undo the percent-encoding of paths, where a plus sign is a plus sign.
    let path = url::form_urlencoded::parse(path.replace('+', "%2B").as_bytes()).next()?.0.into_owned();
    Some(Request { method, path, query: query.to_owned(), headers, body })
}

impl State {
    fn put(&self, key: &str, body: Vec<u8>, metadata: BTreeMap<String, String>) -> String {
        let tag = format!("\"{:x}\"", xxhash_rust::xxh3::xxh3_64(&body));
        self.objects.lock().insert(key.to_owned(), (body, tag.clone(), metadata));
        tag
    }

    fn answer(&self, request: &Request) -> Answer {
        let Some(rest) = request.path.strip_prefix("/bucket") else {
            return Answer::new(404, "<Error><Code>NoSuchBucket</Code></Error>");
        };
        let key = rest.trim_start_matches('/').to_owned();
        match request.method.as_str() {
            "PUT" => self.answer_put(request, &key),
            "POST" => self.answer_delete(request),
            _ if key.is_empty() => self.answer_list(request),
            _ => self.answer_get(request, &key),
        }
    }

    fn answer_put(&self, request: &Request, key: &str) -> Answer {
        let mut objects = self.objects.lock();
        let current = objects.get(key).map(|object| object.1.clone());
        if request.header("if-none-match") == Some("*") && current.is_some() {
            return Answer::new(412, "");
        }
        if let Some(expected) = request.header("if-match") {
            match current {
                None => return Answer::new(404, "<Error><Code>NoSuchKey</Code></Error>"),
                Some(tag) if tag != expected => return Answer::new(412, ""),
                Some(_) => {}
            }
        }
        let metadata: BTreeMap<_, _> =
            request.headers.clone().into_iter().filter(|(name, _)| name.starts_with("x-amz-meta-")).collect();
        let tag = format!("\"{:x}\"", xxhash_rust::xxh3::xxh3_64(&request.body));
        objects.insert(key.to_owned(), (request.body.clone(), tag.clone(), metadata));
        Answer::new(200, "").with("etag", tag)
    }

    fn answer_get(&self, request: &Request, key: &str) -> Answer {
        let objects = self.objects.lock();
        let Some((body, tag, metadata)) = objects.get(key) else {
            return Answer::new(404, "<Error><Code>NoSuchKey</Code></Error>");
        };
        if request.header("if-none-match") == Some(tag) {
            return Answer::new(304, "");
        }
        if request.header("if-match").is_some_and(|expected| expected != tag) {
            return Answer::new(412, "");
        }
        let mut answer = match request.header("range") {
            None => Answer::new(200, body.clone()),
            Some(range) => {
                let (start, end) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
                let (start, end): (usize, usize) = (start.parse().unwrap(), end.parse().unwrap());
                let end = (end + 1).min(body.len());
                if start >= end {
                    return Answer::new(416, "");
                }
                Answer::new(206, &body[start..end])
                    .with("content-range", format!("bytes {start}-{}/{}", end - 1, body.len()))
            }
        };
        if request.method == "HEAD" {
            answer = answer.with("content-length", body.len().to_string());
        }
        for (name, value) in metadata {
            answer = answer.with(name, value);
        }
        answer.with("etag", tag).with("last-modified", "Tue, 02 Jan 2024 00:00:00 GMT")
    }

    fn answer_delete(&self, request: &Request) -> Answer {
        let text = String::from_utf8(request.body.clone()).unwrap();
        let mut objects = self.objects.lock();
        let mut deleted = String::new();
        for part in text.split("<Key>").skip(1) {
            let key = part.split_once("</Key>").unwrap().0;
            objects.remove(key);
            deleted.push_str(&format!("<Deleted><Key>{key}</Key></Deleted>"));
        }
        Answer::new(200, format!("<DeleteResult>{deleted}</DeleteResult>"))
    }

    fn answer_list(&self, request: &Request) -> Answer {
        let prefix = request.parameter("prefix").unwrap_or_default();
        let after = request.parameter("continuation-token").or(request.parameter("start-after")).unwrap_or_default();
        let keys_max: usize = request.parameter("max-keys").map_or(1_000, |text| text.parse().unwrap());
        let objects = self.objects.lock();
        let (mut xml, mut last, mut count) = (String::new(), String::new(), 0);
        let mut folders = Vec::new();
        for (key, (body, tag, _)) in objects.iter().filter(|(key, _)| key.starts_with(&prefix) && **key > after) {
            if count == keys_max {
                xml.push_str(&format!("<NextContinuationToken>{last}</NextContinuationToken>"));
                break;
            }
            count += 1;
            last.clone_from(key);
            match key[prefix.len()..].split_once('/') {
                Some((folder, _)) if request.parameter("delimiter").is_some() => folders.push(folder.to_owned()),
                _ => xml.push_str(&format!(
                    "<Contents><Key>{key}</Key><Size>{}</Size><ETag>{tag}</ETag><LastModified>2024-01-02T00:00:00.000Z</LastModified></Contents>",
                    body.len()
                )),
            }
        }
        folders.dedup();
        for folder in folders {
            xml.push_str(&format!("<CommonPrefixes><Prefix>{prefix}{folder}/</Prefix></CommonPrefixes>"));
        }
        Answer::new(200, format!("<ListBucketResult>{xml}</ListBucketResult>"))
    }
}
