//! What a first call costs: time, requests to the store, memory.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tidewell_env::Env;
use tidewell_testkit::lambda::{Environment, function_url, schedule};

use crate::cloud::{Cloud, Freshness, bootstrap, query, store_requests, stored, write};

/// Loose, since the build under test is not optimized and shares its machine with other tests.
const INIT_MS_MAX: f64 = 10_000.0;
const FIRST_REPLY_MAX: Duration = Duration::from_secs(20);
/// Of the store's format, the manifest's state and the log; a second call must need less.
const FIRST_REQUESTS_MAX: u64 = 25;
const MEMORY_MB: u32 = 512;

/// What the first and the second call of an environment took.
struct Figures {
    first: Duration,
    second: Duration,
    init_ms: f64,
    first_requests: u64,
    second_requests: u64,
}

/// What the system takes to start and end the executable: outside a function it only says so, before all else.
fn process() -> Duration {
    let env = Env::system();
    let mut command = Command::new(bootstrap());
    command.env_remove("AWS_LAMBDA_RUNTIME_API").stdin(Stdio::null());
    let takes = |_| {
        let start = env.monotonic();
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        env.monotonic() - start
    };
    (0..5).map(takes).min().unwrap()
}

async fn measure(environment: &Environment, first: &Value, second: &Value) -> Figures {
    let env = Env::system();
    let start = env.monotonic();
    let status = environment.request(first).await.status;
    let first = env.monotonic() - start;
    assert!((200..300).contains(&status), "{status}");
    let first_requests = store_requests(environment).await;
    let start = env.monotonic();
    let status = environment.request(second).await.status;
    let second = env.monotonic() - start;
    assert!((200..300).contains(&status), "{status}");
    let second_requests = store_requests(environment).await - first_requests;
    let inits = environment.inits_ms();
    assert_eq!(inits.len(), 1, "{}", environment.log());
    Figures { first, second, init_ms: inits[0], first_requests, second_requests }
}

fn check(name: &str, process: Duration, figures: &Figures) {
    let Figures { first, second, init_ms, first_requests, second_requests } = figures;
    println!(
        "{name}: process {} ms, init {:.0} ms, first reply {:.0} ms after it with {first_requests} requests to the store: {} ms \
         in all; second reply {} ms with {second_requests}",
        process.as_millis(),
        init_ms - process.as_secs_f64() * 1e3,
        first.as_secs_f64() * 1e3 - init_ms,
        first.as_millis(),
        second.as_millis()
    );
    assert!(process.as_secs_f64() * 1e3 < *init_ms, "{name}: {init_ms} ms are not from the start of the process");
    assert!(*init_ms < INIT_MS_MAX, "{name}: init took {init_ms} ms");
    assert!(*first < FIRST_REPLY_MAX, "{name}: the first reply took {first:?}");
    assert!(*first_requests <= FIRST_REQUESTS_MAX, "{name}: {first_requests} requests for the first call");
    assert!(second_requests < first_requests, "{name}: {second_requests} requests for the second call");
}

#[tokio::test(flavor = "multi_thread")]
async fn first_calls_stay_within_their_bounds() {
    let Some(cloud) = Cloud::find() else { return };
    let work = cloud.environment();
    for at in 0..20 {
        stored(&work, &format!("climate,room=a temp={at} {at}")).await;
    }
    work.invoke(&schedule(&["fold"])).await.unwrap();
    stored(&work, "climate,room=a temp=1 1000").await;

    let lines = |at: usize| write(&format!("climate,room=b temp=1 {at}"));
    let process = process();
    check("write", process, &measure(&cloud.environment(), &lines(1), &lines(2)).await);
    let count = query("SELECT count(*) AS n, max(temp) AS top FROM climate", "json", &Freshness::Strong);
    check("query", process, &measure(&cloud.environment(), &count, &count).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn init_makes_no_request_to_the_store() {
    let Some(cloud) = Cloud::find() else { return };
    let environment = cloud.environment();
    environment.request(&function_url("GET", "/health", "", &[], b"")).await.expect_status(200);
    assert_eq!(store_requests(&environment).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_stays_within_the_functions_size() {
    const ROWS_PER_WRITE: usize = 20_000;
    const WRITES: usize = 20;
    let Some(cloud) = Cloud::find() else { return };
    let environment = cloud.environment_of(&cloud.function().memory_mb(MEMORY_MB));
    for at in 0..WRITES {
        let line = |row: usize| {
            let time = (at * ROWS_PER_WRITE + row) * 1_000_000;
            format!("climate,room=r{},rack=k{} temp={row}.5,load={at}i {time}\n", row % 100, row % 7)
        };
        stored(&environment, &(0..ROWS_PER_WRITE).map(line).collect::<String>()).await;
    }
    let all = i64::try_from(WRITES * ROWS_PER_WRITE).unwrap();
    let count = "SELECT count(*) AS n FROM climate";
    assert_eq!(crate::cloud::number(&environment, count).await, all);
    let reply = environment.invoke(&schedule(&["fold", "compact"])).await.unwrap();
    assert_eq!(reply["done"], true, "{reply}");
    let groups = "SELECT room, rack, avg(temp) AS mean, max(load) AS top FROM climate GROUP BY room, rack";
    environment.request(&query(groups, "json", &Freshness::Strong)).await.expect_status(200);
    assert_eq!(crate::cloud::number(&environment, count).await, all);
    let peak = environment.memory_peak_bytes().unwrap();
    println!("{all} rows written, folded and queried in {MEMORY_MB} MB: {} MB at most", peak >> 20);
    assert!(peak < u64::from(MEMORY_MB) << 20, "{peak} bytes");
    assert_eq!(environment.inits_ms().len(), 1, "the function went down");
}
