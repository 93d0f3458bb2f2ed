//! A bucket and the functions on it.

use std::path::PathBuf;

use serde_json::{Value, json};
use tidewell_testkit::S3;
use tidewell_testkit::lambda::{Bootstrap, Emulator, Environment, Function, RuntimeApi, function_url};

/// The database of all scenarios.
pub(crate) const DATABASE: &str = "metrics";

/// The emulator, and a store of the test's own in a bucket.
#[derive(Clone)]
pub(crate) struct Cloud {
    emulator: Emulator,
    pub(crate) s3: S3,
}

/// The executable: that which `TIDEWELL_LAMBDA_BOOTSTRAP` names, such as one that is to be shipped, else this build's.
pub(crate) fn bootstrap() -> PathBuf {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_bootstrap"));
    std::env::var_os("TIDEWELL_LAMBDA_BOOTSTRAP").map_or(built, PathBuf::from)
}

impl Cloud {
    /// `None`, said aloud, where the emulator or an S3 is missing.
    pub(crate) fn find() -> Option<Self> {
        Some(Self { emulator: Emulator::find_or_skip()?, s3: S3::start_or_skip()? })
    }

    /// The function with the store, and folders for imports and results that lie beside it.
    pub(crate) fn function(&self) -> Function {
        let function = Function::new(bootstrap()).timeout_s(300).s3(&self.s3);
        function.variable("TIDEWELL_DB", DATABASE).variable("TIDEWELL_LAMBDA_IMPORT_PREFIX", &self.import_prefix())
    }

    /// An environment of it.
    pub(crate) fn environment(&self) -> Environment {
        self.environment_of(&self.function())
    }

    /// An environment of a function with other settings.
    pub(crate) fn environment_of(&self, function: &Function) -> Environment {
        Environment::start(&self.emulator, function)
    }

    /// The function under a Runtime API of our own.
    pub(crate) fn bootstrap(&self, api: &RuntimeApi) -> Bootstrap {
        Bootstrap::start(&self.function(), api)
    }

    fn import_prefix(&self) -> String {
        format!("import-{}/", self.s3.prefix())
    }

    /// The key of a file to import.
    pub(crate) fn import_key(&self, table: &str, file: &str) -> String {
        format!("{}{DATABASE}/{table}/{file}", self.import_prefix())
    }

    /// `s3://` and the folder of results, and the folder.
    pub(crate) fn results(&self) -> (String, String) {
        let folder = format!("results-{}", self.s3.prefix());
        (format!("s3://{}/{folder}", self.s3.bucket()), folder)
    }

    /// Objects of the log.
    pub(crate) async fn log_objects(&self) -> usize {
        let keys = self.s3.keys(self.s3.prefix()).await;
        keys.iter().filter(|key| key.contains(&format!("/db/{DATABASE}/wal/"))).count()
    }
}

/// A write of line protocol; lines without an instant get the function's.
pub(crate) fn write(lines: &str) -> Value {
    write_with(&[], lines)
}

/// The same with headers.
pub(crate) fn write_with(headers: &[(&str, &str)], lines: &str) -> Value {
    function_url("POST", "/api/v3/write_lp", &format!("db={DATABASE}&precision=ns"), headers, lines.as_bytes())
}

/// How fresh an answer has to be.
pub(crate) enum Freshness<'a> {
    /// All that was acknowledged anywhere.
    Strong,
    /// What a token of a write stands for.
    After(&'a str),
}

/// A query, in a format.
pub(crate) fn query(sql: &str, format: &str, freshness: &Freshness<'_>) -> Value {
    let mut body = json!({"db": DATABASE, "q": sql, "format": format});
    match freshness {
        Freshness::Strong => body["consistency"] = json!("strong"),
        Freshness::After(token) => body["after"] = json!(token),
    }
    let headers = [("content-type", "application/json")];
    function_url("POST", "/api/v3/query_sql", "", &headers, body.to_string().as_bytes())
}

/// The rows of a strong query, as JSON.
pub(crate) async fn rows(environment: &Environment, sql: &str) -> Value {
    environment.request(&query(sql, "json", &Freshness::Strong)).await.expect_status(200).json()
}

/// The one number that a strong query answers, under the name `n`.
pub(crate) async fn number(environment: &Environment, sql: &str) -> i64 {
    let rows = rows(environment, sql).await;
    assert_eq!(rows.as_array().unwrap().len(), 1, "{sql}: {rows}");
    rows[0]["n"].as_i64().unwrap_or_else(|| panic!("{sql}: {rows}"))
}

/// Writes lines and gives the session token.
///
/// # Panics
/// When not all were stored.
pub(crate) async fn stored(environment: &Environment, lines: &str) -> String {
    let answer = environment.request(&write(lines)).await.expect_status(204);
    answer.header("x-tidewell-session").unwrap().to_owned()
}

/// What the function has held and done since it started; makes no request to the store.
pub(crate) async fn stats(environment: &Environment) -> Value {
    environment.request(&function_url("GET", "/stats", "", &[], b"")).await.expect_status(200).json()
}

/// The requests to the store that the function has made since it started.
pub(crate) async fn store_requests(environment: &Environment) -> u64 {
    let stats = stats(environment).await;
    let kinds = ["gets", "heads", "puts", "lists", "deletes", "others"];
    kinds.iter().map(|kind| stats["requests"][kind].as_u64().unwrap()).sum()
}
