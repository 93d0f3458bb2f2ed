//! Writers that remember what was acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use reqwest::Client;
use serde_json::Value;
use tidewell_testkit::TestServer;

/// Points under way at once from one load.
const WRITERS: u64 = 4;
const ROWS_PER_WRITE: u64 = 5;

/// A load on one server: each write has its own ids, and an id is both the time and the value of its point.
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<Vec<u64>>>,
}

impl Load {
    /// Starts writing; ids come from `next`, which scenarios share between loads.
    pub(crate) fn start(server: &TestServer, next: &Arc<AtomicU64>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let client = server.client();
        let url = format!("{}/write", server.url());
        let write = |writer| write_until(client.clone(), url.clone(), writer, Arc::clone(next), Arc::clone(&stop));
        let tasks = (0..WRITERS).map(|writer| tokio::spawn(write(writer))).collect();
        Self { stop, tasks }
    }

    /// Stops and gives the acknowledged ids.
    pub(crate) async fn acknowledged(self) -> Vec<u64> {
        self.stop.store(true, Ordering::Relaxed);
        let mut ids = Vec::new();
        for task in self.tasks {
            ids.extend(task.await.unwrap());
        }
        ids
    }
}

async fn write_until(
    client: Client,
    url: String,
    writer: u64,
    next: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
) -> Vec<u64> {
    let mut acknowledged = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let first = next.fetch_add(ROWS_PER_WRITE, Ordering::Relaxed);
        let ids: Vec<u64> = (first..first + ROWS_PER_WRITE).collect();
        let line = |id: &u64| format!("load,writer=w{writer} id={id}i,half={} {id}\n", *id as f64 / 2.0);
        let body: String = ids.iter().map(line).collect();
        let reply = client.post(&url).body(body).timeout(Duration::from_secs(30)).send().await;
        match reply.map(|reply| reply.status().as_u16()) {
            Ok(204) => acknowledged.extend(ids),
            // Killed under the request, or told to wait: not acknowledged.
            Ok(503) | Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            Ok(status) => panic!("a good write was answered {status}"),
        }
    }
    acknowledged
}

/// Every acknowledged id is there, no row is there twice, and every row is whole.
pub(crate) async fn check_all_there(server: &TestServer, acknowledged: &[u64]) {
    let rows = server.sql("SELECT id, half, time FROM load ORDER BY id").await;
    let ids: Vec<u64> = rows.iter().map(|row| row["id"].as_u64().unwrap()).collect();
    for pair in ids.windows(2) {
        assert!(pair[0] < pair[1], "id {} is there twice", pair[0]);
    }
    for row in &rows {
        assert_eq!(row["half"].as_f64().unwrap() * 2.0, row["id"].as_f64().unwrap(), "half a row: {row:?}");
    }
    let lost: Vec<_> = acknowledged.iter().filter(|id| ids.binary_search(id).is_err()).collect();
    assert!(
        lost.is_empty(),
        "{} of {} acknowledged points are lost, such as {:?}",
        lost.len(),
        acknowledged.len(),
        lost[0]
    );
    let count = server.sql_value("SELECT count(*) FROM load").await;
    assert_eq!(count, Value::from(ids.len()), "count(*) against the rows");
}

/// What the segments of the database `default` hold, from the server's own status.
pub(crate) async fn segment_rows(server: &TestServer) -> u64 {
    let status = server.get("/stats").await.expect_success().json();
    let database = status["databases"].as_array().unwrap().iter().find(|database| database["name"] == "default");
    database.unwrap()["segment_rows"].as_u64().unwrap()
}
