//! A server on a real socket.
#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::sample::{config, engine};

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    done: JoinHandle<()>,
}

async fn start(config: ServerConfig) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let env = Env::system();
    let server = serve(engine().await, env.clone(), listener, config, async {
        let _ = stopped.await;
    });
    Running { address, stop, done: env.spawn(server) }
}

async fn exchange(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).await.unwrap();
    String::from_utf8_lossy(&reply).into_owned()
}

#[tokio::test]
async fn server_speaks_http_1_and_http_2_on_one_port() {
    let running = start(config()).await;
    let mut plain = TcpStream::connect(running.address).await.unwrap();
    let reply = exchange(&mut plain, "GET /ping HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(reply.starts_with("HTTP/1.1 204"), "{reply}");
    let mut second = TcpStream::connect(running.address).await.unwrap();
    second.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut frame = [0; 9];
    second.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], 4, "the first frame of HTTP/2 is SETTINGS");
}

#[tokio::test]
async fn server_that_stops_answers_what_is_in_flight_and_takes_no_more() {
    let running = start(config()).await;
    let mut idle = TcpStream::connect(running.address).await.unwrap();
    let mut writing = TcpStream::connect(running.address).await.unwrap();
    writing.write_all(b"POST /write HTTP/1.1\r\nhost: x\r\ncontent-length: 13\r\n\r\ncpu ").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    running.stop.send(()).unwrap();
    assert_eq!(idle.read(&mut [0; 1]).await.unwrap(), 0, "an idle connection is closed");
    assert!(TcpStream::connect(running.address).await.is_err());
    let reply = exchange(&mut writing, "load=1 1\n").await;
    assert!(reply.starts_with("HTTP/1.1 204"), "{reply}");
    running.done.await.unwrap();
}

#[tokio::test]
async fn server_that_stops_waits_no_longer_than_it_may() {
    let running = start(ServerConfig { drain_timeout_ms: 50, ..config() }).await;
    let mut stuck = TcpStream::connect(running.address).await.unwrap();
    stuck.write_all(b"POST /write HTTP/1.1\r\nhost: x\r\ncontent-length: 13\r\n\r\ncpu ").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    running.stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), running.done).await.unwrap().unwrap();
}

#[tokio::test]
async fn connection_that_says_nothing_is_closed_in_time() {
    let running = start(ServerConfig { idle_timeout_ms: 50, ..config() }).await;
    for said in [&b""[..], b"P", b"PRI * HTTP/2.0", b"GET /ping HT", b"GET /ping HTTP/1.1\r\nhost"] {
        let mut stream = TcpStream::connect(running.address).await.unwrap();
        stream.write_all(said).await.unwrap();
        let closed = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut Vec::new())).await;
        assert!(closed.is_ok(), "{:?} keeps a place", String::from_utf8_lossy(said));
    }
}

#[tokio::test]
async fn connection_beyond_the_limit_waits_for_a_place() {
    let running = start(ServerConfig { connections_max: 1, ..config() }).await;
    let first = TcpStream::connect(running.address).await.unwrap();
    let mut second = TcpStream::connect(running.address).await.unwrap();
    let request = "GET /ping HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let early = tokio::time::timeout(Duration::from_millis(100), exchange(&mut second, request)).await;
    assert!(early.is_err());
    drop(first);
    let mut reply = [0; 12];
    second.read_exact(&mut reply).await.unwrap();
    assert_eq!(&reply, b"HTTP/1.1 204");
}
