//! Fifty environments that write at once.

use std::sync::Arc;

use tidewell_testkit::lambda::{Environment, schedule};

use crate::cloud::{Cloud, DATABASE, number, rows, stats, write};

const ENVIRONMENTS: usize = 50;
const WRITES: usize = 4;
const ROWS_PER_WRITE: usize = 5;
const ALL: usize = ENVIRONMENTS * WRITES * ROWS_PER_WRITE;

/// Started side by side, since each waits until its emulator listens.
async fn environments(cloud: &Cloud) -> Vec<Arc<Environment>> {
    let starts = (0..ENVIRONMENTS).map(|_| {
        let cloud = cloud.clone();
        tokio::task::spawn_blocking(move || Arc::new(cloud.environment()))
    });
    let starts: Vec<_> = starts.collect();
    let mut started = Vec::new();
    for start in starts {
        started.push(start.await.unwrap());
    }
    started
}

/// Rows without an instant, of identities that nobody else writes: were one stored twice, it would be two rows.
fn lines(environment: usize, write: usize) -> String {
    let line = |row: usize| format!("crowd,environment={environment},write={write},row={row} f=1i\n");
    (0..ROWS_PER_WRITE).map(line).collect()
}

async fn check_each_once(environment: &Environment) {
    assert_eq!(number(environment, "SELECT count(*) AS n FROM crowd").await, i64::try_from(ALL).unwrap());
    let identities = "SELECT count(*) AS n FROM (SELECT DISTINCT environment, write, row FROM crowd) AS identities";
    assert_eq!(number(environment, identities).await, i64::try_from(ALL).unwrap());
    let strays = "SELECT environment, write, row, count(*) AS n FROM crowd GROUP BY 1, 2, 3 HAVING count(*) <> 1";
    assert_eq!(rows(environment, strays).await, serde_json::json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn environments_that_write_at_once_all_succeed_and_each_row_counts_once() {
    let Some(cloud) = Cloud::find() else { return };
    let environments = environments(&cloud).await;
    // All are cold, and the first writes also make the store, the database and the table.
    let writers = environments.iter().enumerate().map(|(number, environment)| {
        let environment = Arc::clone(environment);
        tokio::spawn(async move {
            for at in 0..WRITES {
                let answer = environment.request(&write(&lines(number, at))).await;
                assert_eq!(answer.status, 204, "environment {number}, write {at}: {}", answer.text());
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let peak = environments.iter().filter_map(|environment| environment.memory_peak_bytes()).max().unwrap();
    println!("{ENVIRONMENTS} environments wrote {ALL} rows; the largest took {} MB at most", peak >> 20);
    check_each_once(&environments[7]).await;

    // Several fold at once, and one folds again what those of a lost race left.
    let fold = schedule(&["fold"]);
    let replies =
        tokio::join!(environments[0].invoke(&fold), environments[1].invoke(&fold), environments[2].invoke(&fold));
    for reply in [replies.0, replies.1, replies.2] {
        reply.unwrap();
    }
    assert_eq!(environments[3].invoke(&fold).await.unwrap()["done"], true);
    drop(environments);
    let fresh = cloud.environment();
    check_each_once(&fresh).await;
    let stats = stats(&fresh).await;
    let database = stats["databases"].as_array().unwrap().iter().find(|database| database["name"] == DATABASE);
    assert_eq!(database.unwrap()["segment_rows"], ALL, "{stats}");
}
