//! What the function is told by its variables.

use std::path::PathBuf;
use std::time::Duration;

use tidewell_cli::ServeSettings;
use tidewell_engine::{AckLevel, EngineConfig, Outlet, StoreUrl};
use tidewell_env::Env;
use tidewell_server::ServerConfig;

use crate::ResponseMode;

/// Of what a function has, the shares of rows that are not folded, of caches and of queries.
const MEMORY_SHARES: [(&str, u64); 3] =
    [("TIDEWELL_BUFFER_BYTES_MAX", 8), ("TIDEWELL_CACHE_BYTES_MAX", 4), ("TIDEWELL_QUERY_MEMORY_BYTES_MAX", 3)];
/// A function's memory where nothing says how much it is, in MB.
const MEMORY_MB_DEFAULT: u64 = 512;
/// Lambda takes no larger requests than 6 MB, which may be gzip.
const BODY_BYTES_MAX: usize = 64 << 20;

/// What the function is told by its variables, as `docs/lambda.md` lists them.
#[derive(Debug)]
pub struct Settings {
    /// The store, its log and the limits.
    pub engine: EngineConfig,
    /// The limits of requests.
    pub server: ServerConfig,
    /// The database of messages that name none.
    pub database: String,
    /// How answers of the Function URL go back.
    pub response: ResponseMode,
    /// Where answers go that are too large; `None` refuses them.
    pub results: Option<Outlet>,
    /// What stands before `<database>/<table>/<file>` in keys.
    pub import_prefix: String,
    /// The time left at which maintenance takes on nothing more.
    pub reserve: Duration,
    /// What an import may hold, in bytes.
    pub import_bytes_max: u64,
    /// What the messages of one batch may inflate to, in bytes.
    pub inflated_bytes_max: usize,
}

/// The variables of a process, so that tests need not set them.
pub(crate) trait Variables {
    /// The value of a variable; empty ones count as unset.
    fn get(&self, name: &str) -> Option<String>;
}

/// Those of this process.
pub(crate) struct Environment;

impl Variables for Environment {
    fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().filter(|value| !value.is_empty())
    }
}

impl Settings {
    /// Reads this process's variables. No request.
    ///
    /// # Errors
    /// One line that names the variable, what is wrong with it, and what to set.
    pub fn read(env: &Env) -> Result<Self, String> {
        Self::of(tidewell_cli::serve_settings()?, &Environment, env)
    }

    pub(crate) fn of(serve: ServeSettings, variables: &dyn Variables, env: &Env) -> Result<Self, String> {
        let ServeSettings { mut engine, mut server } = serve;
        let memory_bytes = number(variables, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", MEMORY_MB_DEFAULT)? << 20;
        if variables.get("TIDEWELL_STORE").is_none() || !matches!(engine.store, StoreUrl::S3 { .. }) {
            return Err(
                "TIDEWELL_STORE must be s3://bucket or s3://bucket/prefix: no disk outlives a function".to_owned()
            );
        }
        if !matches!(engine.level(), AckLevel::Object | AckLevel::Quorum) {
            return Err(format!(
                "TIDEWELL_WAL_MODE is {}, and no disk outlives a function: set object or quorum",
                engine.level()
            ));
        }
        engine.background = false;
        // Nobody looks below here for a log: a function's disk is its own and short-lived.
        engine.wal.dir = PathBuf::from("/tmp/tidewell-has-no-local-log");
        if variables.get("TIDEWELL_WAL_FLUSH_INTERVAL_MS").is_none() {
            // Requests come one after the other, and waiting is billed.
            engine.wal.flush_interval_ms = 1;
        }
        let limits = &mut engine.limits;
        let places = [&mut limits.buffer_bytes_max, &mut limits.cache_bytes_max, &mut limits.query_memory_bytes_max];
        for ((name, share), place) in MEMORY_SHARES.into_iter().zip(places) {
            if variables.get(name).is_none() {
                *place = memory_bytes / share;
            }
        }
        if variables.get("TIDEWELL_BODY_BYTES_MAX").is_none() {
            server.body_bytes_max = BODY_BYTES_MAX.min(usize::try_from(memory_bytes / 8).unwrap_or(usize::MAX));
            server.bodies_bytes_max = server.body_bytes_max.saturating_mul(2);
        }
        let results = variables.get("TIDEWELL_LAMBDA_RESULTS").map(|place| outlet(&place, &engine.store, env));
        Ok(Self {
            database: variables.get("TIDEWELL_DB").unwrap_or_else(|| "default".to_owned()),
            response: response(variables)?,
            results: results.transpose()?,
            import_prefix: variables.get("TIDEWELL_LAMBDA_IMPORT_PREFIX").unwrap_or_else(|| "import/".to_owned()),
            reserve: Duration::from_millis(number(variables, "TIDEWELL_LAMBDA_RESERVE_MS", 10_000)?),
            import_bytes_max: (memory_bytes / 3).max(16 << 20),
            inflated_bytes_max: usize::try_from(memory_bytes / 8).unwrap_or(usize::MAX),
            engine,
            server,
        })
    }
}

fn number(variables: &dyn Variables, name: &str, default: u64) -> Result<u64, String> {
    let Some(text) = variables.get(name) else { return Ok(default) };
    text.parse().map_err(|_| format!("{name} is {text:?}: set a whole number"))
}

fn response(variables: &dyn Variables) -> Result<ResponseMode, String> {
    match variables.get("TIDEWELL_LAMBDA_RESPONSE").as_deref() {
        None | Some("buffered") => Ok(ResponseMode::Buffered),
        Some("stream") => Ok(ResponseMode::Stream),
        Some(other) => Err(format!("TIDEWELL_LAMBDA_RESPONSE is {other:?}: set buffered or stream")),
    }
}

/// A place for answers, which must not be among the objects of the store.
fn outlet(place: &str, store: &StoreUrl, env: &Env) -> Result<Outlet, String> {
    let wrong = |problem: &str| format!("TIDEWELL_LAMBDA_RESULTS is {place:?}: {problem}");
    let url: StoreUrl = place.parse().map_err(|error| wrong(&format!("{error}")))?;
    match (&url, store) {
        (StoreUrl::S3 { bucket, prefix }, StoreUrl::S3 { bucket: of_store, prefix: root }) => {
            if bucket == of_store && is_below(prefix, root) {
                return Err(wrong("it lies within the store: name a folder beside it, or another bucket"));
            }
        }
        _ => return Err(wrong("set s3://bucket/folder")),
    }
    Outlet::open(place, env.clone()).map_err(|error| wrong(&error.message))
}

fn is_below(path: &str, root: &str) -> bool {
    root.is_empty() || path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests;
