//! Variables, and what they make of the function.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use super::*;

struct Map(BTreeMap<&'static str, &'static str>);

impl Variables for Map {
    fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|value| (*value).to_owned())
    }
}

fn serve(store: &str) -> ServeSettings {
    let engine = EngineConfig { store: store.parse().unwrap(), ..EngineConfig::default() };
    ServeSettings { engine, server: ServerConfig::default() }
}

fn read(store: &str, variables: &[(&'static str, &'static str)]) -> Result<Settings, String> {
    let mut all: BTreeMap<_, _> = [("TIDEWELL_STORE", "is set")].into();
    all.extend(variables.iter().copied());
    Settings::of(serve(store), &Map(all), &Env::system())
}

#[test]
fn limits_that_nobody_set_follow_from_the_memory() {
    let settings = read("s3://b/p", &[("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")]).unwrap();
    let limits = &settings.engine.limits;
    assert_eq!((limits.buffer_bytes_max, limits.cache_bytes_max), (128 << 20, 256 << 20));
    assert_eq!(limits.query_memory_bytes_max, (1024 << 20) / 3);
    assert_eq!((settings.engine.wal.flush_interval_ms, settings.engine.background), (1, false));
    assert_eq!((settings.database.as_str(), settings.import_prefix.as_str()), ("default", "import/"));
    assert_eq!((settings.reserve, settings.response), (Duration::from_secs(10), ResponseMode::Buffered));
}

#[test]
fn limits_that_are_set_stay() {
    let variables = [("TIDEWELL_CACHE_BYTES_MAX", "1MB"), ("TIDEWELL_WAL_FLUSH_INTERVAL_MS", "250")];
    let settings = read("s3://b/p", &variables).unwrap();
    let default = EngineConfig::default();
    assert_eq!(settings.engine.limits.cache_bytes_max, default.limits.cache_bytes_max);
    assert_eq!(settings.engine.wal.flush_interval_ms, default.wal.flush_interval_ms);
    assert_eq!(settings.engine.limits.buffer_bytes_max, 64 << 20);
}

#[test]
fn settings_that_cannot_work_name_the_variable_and_what_to_set() {
    let refusals = [
        (read("./data", &[]), "TIDEWELL_STORE must be s3://"),
        (read("s3://b", &[("TIDEWELL_LAMBDA_RESPONSE", "chunked")]), "set buffered or stream"),
        (read("s3://b", &[("TIDEWELL_LAMBDA_RESERVE_MS", "10s")]), "set a whole number"),
        (read("s3://b", &[("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "much")]), "set a whole number"),
        (read("s3://b/p", &[("TIDEWELL_LAMBDA_RESULTS", "s3://b/p/answers")]), "lies within the store"),
        (read("s3://b", &[("TIDEWELL_LAMBDA_RESULTS", "s3://b/answers")]), "lies within the store"),
        (read("s3://b/p", &[("TIDEWELL_LAMBDA_RESULTS", "/tmp/answers")]), "set s3://bucket/folder"),
    ];
    for (refusal, expected) in refusals {
        let message = refusal.unwrap_err();
        assert!(message.contains(expected), "{message}");
    }
    let mut local = serve("s3://b");
    local.engine.wal.mode = Some(AckLevel::Periodic);
    let message = Settings::of(local, &Map([("TIDEWELL_STORE", "s3://b")].into()), &Env::system()).unwrap_err();
    assert!(message.contains("set object or quorum"), "{message}");
    let unset = Settings::of(serve("s3://b"), &Map(BTreeMap::new()), &Env::system()).unwrap_err();
    assert!(unset.contains("TIDEWELL_STORE"), "{unset}");
}

#[test]
fn answers_go_beside_the_store() {
    let beside = read("s3://b/p", &[("TIDEWELL_LAMBDA_RESULTS", "s3://b/pp/answers")]).unwrap();
    assert!(matches!(beside.results, Some(Outlet::Bucket(_))));
    assert!(read("s3://b", &[("TIDEWELL_LAMBDA_RESULTS", "s3://other")]).unwrap().results.is_some());
}
