//! What nobody should send: a clear 4xx, nothing lost, the process alive.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Method;
use serde_json::json;
use tidewell_env::Env;
use tidewell_testkit::{ServerFlags, TestServer};

use crate::place::Place;

async fn good_data_is_whole(server: &TestServer) {
    assert_eq!(server.sql_value("SELECT count(*) FROM good").await, json!(3));
}

async fn server_with_good_data(place: &Place) -> TestServer {
    let server = place.serve("wal", ServerFlags::new());
    server.write("good,t=a f=1 1\ngood,t=b f=2 2\ngood,t=c f=3 3").await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn random_bytes_are_refused_and_the_server_lives() {
    random_bytes(&Place::folder()).await;
}

async fn random_bytes(place: &Place) {
    let server = server_with_good_data(place).await;
    let env = Env::system();
    for path in
        ["/write", "/api/v2/write?bucket=default", "/api/v3/write_lp?db=default", "/query", "/api/v3/query_sql", "/sql"]
    {
        for length in [1usize, 17, 300, 5000] {
            let ids = (0..length / 16 + 1).flat_map(|_| *env.write_id().as_bytes());
            // A line feed is always there: one random byte could be a blank line, which is no error.
            // Nor is a comment.
            let odd = |byte: u8| if byte | 1 == b'#' { b'!' } else { byte | 1 };
            let body: Vec<u8> = ids.take(length).map(odd).chain(*b"\xff\n").collect();
            let reply = server.request(Method::POST, path, body).await;
            assert!(reply.status.is_client_error(), "{path} answered {}: {}", reply.status, reply.text());
        }
    }
    good_data_is_whole(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn gzip_bomb_of_one_gib_is_refused_in_bounded_memory() {
    let place = Place::folder();
    let server = server_with_good_data(&place).await;
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    let block = vec![b'#'; 1 << 20];
    for _ in 0..1024 {
        bomb.write_all(&block).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    for path in ["/write", "/api/v2/write?bucket=default", "/api/v3/write_lp?db=default"] {
        let request = server.client().post(format!("{}{path}", server.url()));
        let reply = request.header("content-encoding", "gzip").body(bomb.clone()).send().await.unwrap();
        assert_eq!(reply.status(), 413, "{path}");
        assert!(reply.text().await.unwrap().contains("bytes"), "the limit is named");
    }
    let peak_kib = peak_memory_kib(&server);
    assert!(peak_kib < 700 << 10, "the server held {peak_kib} KiB at its peak");
    good_data_is_whole(&server).await;
}

fn peak_memory_kib(server: &TestServer) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_tag_keys_are_refused_and_the_other_lines_stay() {
    ten_thousand_tags(&Place::folder()).await;
}

async fn ten_thousand_tags(place: &Place) {
    let server = server_with_good_data(place).await;
    let tags: String = (0..10_000).map(|tag| format!(",t{tag}=v")).collect();
    let reply = server.request(Method::POST, "/write", format!("wide{tags} f=1 1\nwide,t=a f=2 2")).await;
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("partial write") && reply.text().contains("tags"), "{}", reply.text());
    assert_eq!(server.sql_value("SELECT count(*) FROM wide").await, json!(1));
    let alone = server.request(Method::POST, "/write", format!("wider{tags} f=1 1")).await;
    assert_eq!(alone.status, 400);
    good_data_is_whole(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_names_are_refused_by_name() {
    unknown_names(&Place::folder()).await;
}

async fn unknown_names(place: &Place) {
    let server = server_with_good_data(place).await;
    let refused = [
        (server.try_sql("nowhere", "SELECT 1", "json").await, 404, "nowhere"),
        (server.try_sql("default", "SELECT * FROM missing", "json").await, 404, "missing"),
        (server.try_sql("default", "SELECT missing FROM good", "json").await, 400, "missing"),
        (server.try_sql("default", "SELEC 1", "json").await, 400, "SELEC"),
        (server.try_sql("default", "SELECT 1", "xml").await, 400, "xml"),
        (server.try_sql("default", "COPY good TO '/tmp/x.csv'", "json").await, 400, "COPY"),
        (server.try_sql("default", "SET x = 1", "json").await, 400, "SET"),
        (server.try_sql("default", "INSERT INTO good VALUES (1)", "json").await, 400, "INSERT"),
        (server.try_sql("default", "DROP TABLE good", "json").await, 400, "DROP"),
        (server.request(Method::POST, "/query", r#"{"measurement": "missing"}"#).await, 404, "missing"),
        (server.request(Method::POST, "/query", r#"{"measurement": "good", "fields": ["nope"]}"#).await, 400, "nope"),
        (server.request(Method::POST, "/query?db=nowhere", r#"{"measurement": "good"}"#).await, 404, "nowhere"),
        (server.request(Method::POST, "/query", r#"{"measurment": "good"}"#).await, 400, "measur"),
        (server.request(Method::POST, "/write?precision=year", "good f=1").await, 400, "year"),
        (server.request(Method::POST, "/write?ack=maybe", "good f=1").await, 400, "maybe"),
        (server.request(Method::GET, "/nothing/here", "").await, 404, "nothing"),
    ];
    for (reply, status, named) in refused {
        assert_eq!(reply.status.as_u16(), status, "{}", reply.text());
        assert!(reply.text().to_lowercase().contains(&named.to_lowercase()), "{named:?} is not in {}", reply.text());
    }
    good_data_is_whole(&server).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_beyond_the_buffer_are_told_to_come_back_and_then_succeed() {
    let place = Place::folder();
    let flags = ServerFlags::new().flag("--buffer-bytes-max", "1MiB").flag("--fold-interval-ms", 600_000);
    let server = place.serve("wal", flags);
    let server = std::sync::Arc::new(server);
    let writers = (0..8u64).map(|writer| tokio::spawn(fill(std::sync::Arc::clone(&server), writer)));
    let mut told = false;
    for writer in writers.collect::<Vec<_>>() {
        told |= writer.await.unwrap();
    }
    assert!(told, "the buffer was never full");
    assert_eq!(server.sql_value("SELECT count(*) FROM \"full\"").await, json!(160_000));
}

/// Writes four bodies; whether the server told it to come back.
async fn fill(server: std::sync::Arc<TestServer>, writer: u64) -> bool {
    let mut told = false;
    for batch in 0..4u64 {
        let first = (writer * 4 + batch) * 5_000;
        let lines: String = (0..5_000).map(|row| format!("full,t=a f={row} {}\n", first + row)).collect();
        let mut tries = 0;
        loop {
            let reply = server.request(Method::POST, "/write", lines.clone()).await;
            if reply.status == 204 {
                break;
            }
            assert_eq!(reply.status, 503, "{}", reply.text());
            let seconds: u64 = reply.header("retry-after").unwrap().parse().unwrap();
            assert!((1..=60).contains(&seconds));
            told = true;
            tries += 1;
            assert!(tries < 300, "the buffer never empties");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_on_s3_is_refused_and_nothing_is_lost() {
    for bad in 0..3 {
        let Some(place) = Place::s3() else { return };
        match bad {
            0 => random_bytes(&place).await,
            1 => unknown_names(&place).await,
            _ => ten_thousand_tags(&place).await,
        }
    }
}
