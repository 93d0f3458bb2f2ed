//! A Runtime API for tests: it hands out events and keeps what is posted. Threads, since what it serves is another process.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

type Fields = BTreeMap<String, String>;
type Events = Arc<Mutex<VecDeque<Value>>>;

/// What a process posted.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) path: String,
    pub(super) fields: Fields,
    pub(super) body: Vec<u8>,
    /// After the last chunk; none where the body has a length.
    pub(super) trailers: Fields,
    /// Whether the body came to its end.
    pub(super) is_whole: bool,
}

impl Post {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[derive(Debug)]
pub(super) struct RuntimeApi {
    pub(super) address: SocketAddr,
    posts: Receiver<Post>,
}

impl RuntimeApi {
    /// Hands out `events`, as invocations `request-0`, `request-1` and so on, and then lets the process wait.
    pub(super) fn start(events: impl IntoIterator<Item = Value>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let events: Events = Arc::new(Mutex::new(events.into_iter().collect()));
        let total = events.lock().unwrap().len();
        let (sender, posts) = channel();
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let (events, sender) = (Arc::clone(&events), sender.clone());
                std::thread::spawn(move || serve(connection, &events, total, &sender));
            }
        });
        Self { address, posts }
    }

    pub(super) fn next_post(&self) -> Post {
        self.posts.recv_timeout(Duration::from_secs(60)).expect("the process posts something")
    }
}

fn serve(connection: TcpStream, events: &Events, total: usize, posts: &Sender<Post>) -> io::Result<()> {
    let mut writer = connection.try_clone()?;
    let mut reader = BufReader::new(connection);
    loop {
        let first = line(&mut reader)?;
        let fields = fields(&mut reader)?;
        if first.starts_with("GET ") {
            let (event, left) = {
                let mut events = events.lock().unwrap();
                (events.pop_front(), events.len())
            };
            // Without an event, the process waits for an answer until it is killed.
            let Some(event) = event else { return reader.read_exact(&mut [0]) };
            let body = event.to_string();
            write!(
                writer,
                "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: request-{}\r\nLambda-Runtime-Deadline-Ms: 1773342268000\r\n\
                 Lambda-Runtime-Trace-Id: Root=1-5bef4de7\r\nContent-Type: application/json\r\n\
                 Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-central-1:123456789012:function:api\r\n\
                 Content-Length: {}\r\n\r\n{body}",
                total - left - 1,
                body.len()
            )?;
        } else {
            let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut post = Post { path, fields, body: Vec::new(), trailers: Fields::new(), is_whole: false };
            post.is_whole = take_body(&mut reader, &mut post).is_ok();
            let _ = posts.send(post);
            write!(writer, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")?;
        }
    }
}

fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

fn fields(reader: &mut impl BufRead) -> io::Result<Fields> {
    let mut fields = Fields::new();
    loop {
        let line = line(reader)?;
        let Some((name, value)) = line.split_once(':') else { return Ok(fields) };
        fields.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
}

fn take_body(reader: &mut impl BufRead, post: &mut Post) -> io::Result<()> {
    if let Some(length) = post.fields.get("content-length") {
        post.body = vec![0; length.parse().unwrap()];
        return reader.read_exact(&mut post.body);
    }
    loop {
        let length = usize::from_str_radix(&line(reader)?, 16).map_err(io::Error::other)?;
        if length == 0 {
            post.trailers = fields(reader)?;
            return Ok(());
        }
        let start = post.body.len();
        post.body.resize(start + length, 0);
        if let Err(error) = reader.read_exact(&mut post.body[start..]) {
            post.body.truncate(start);
            return Err(error);
        }
        line(reader)?;
    }
}
