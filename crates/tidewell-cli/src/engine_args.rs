//! The flags that describe a store, its log and its limits, shared by the commands that open an engine.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, value_parser};
use tidewell_engine::{
    AckLevel, Budget, EngineConfig, FoldConfig, Limits, MaintainConfig, Prices, StoreUrl, WalConfig,
};

use crate::size::ByteSize;

/// What each mode can lose, for `--help`.
const WAL_MODES: &str = "\
When a write is acknowledged, and what a process crash and what a lost machine can then still cost

mode         acknowledged once      a crash     a lost machine
none         in memory              the buffer  the buffer
os-default   in the local log       nothing     rows not yet folded
periodic     same, fsync every N ms nothing     rows not yet folded
every-write  fsynced                nothing     rows not yet folded
object       in the store           nothing     nothing
quorum       in most of many stores nothing     nothing, 1 store down

A power loss costs os-default what the system had not written out, and periodic one sync interval.
[default: periodic on a disk, object on s3://]";

/// Where the store is.
#[derive(Args, Clone, Debug)]
pub(crate) struct StoreArgs {
    /// The store: a folder, file:///folder, s3://bucket/prefix or memory://
    #[arg(long, env = "TIDEWELL_STORE", value_name = "STORE", default_value = "./data/store")]
    pub(crate) store: StoreUrl,
}

/// Where the local log is, and what an acknowledgement promises.
#[derive(Args, Clone, Debug)]
pub(crate) struct WalArgs {
    /// Folder of the local write-ahead log
    #[arg(long, env = "TIDEWELL_WAL_DIR", value_name = "FOLDER", default_value = "./data/wal")]
    pub(crate) wal_dir: PathBuf,

    /// When a write is acknowledged (`--help` says what each mode can lose); by default periodic on a disk, object on s3://
    #[arg(long, env = "TIDEWELL_WAL_MODE", value_name = "MODE", long_help = WAL_MODES, value_parser = ack_level())]
    pub(crate) wal_mode: Option<AckLevel>,

    /// Time between two fsyncs, in milliseconds (mode periodic)
    #[arg(long, env = "TIDEWELL_WAL_SYNC_INTERVAL_MS", value_name = "MS", value_parser = value_parser!(u64).range(1..))]
    #[arg(default_value_t = EngineConfig::default().wal.sync_interval_ms)]
    pub(crate) wal_sync_interval_ms: u64,

    /// Time that writes wait for company in one object, in milliseconds or like 1s (mode object)
    #[arg(long, env = "TIDEWELL_WAL_FLUSH_INTERVAL_MS", value_name = "MS", value_parser = interval_ms)]
    #[arg(visible_alias = "wal-interval")]
    #[arg(default_value_t = EngineConfig::default().wal.flush_interval_ms)]
    pub(crate) wal_flush_interval_ms: u64,

    /// A store that holds the log beside the database's own (mode quorum); three or more, comma-separated or repeated
    #[arg(long, env = "TIDEWELL_WAL_STORE", value_name = "STORE", value_delimiter = ',')]
    pub(crate) wal_store: Vec<StoreUrl>,
}

impl WalArgs {
    /// The engine's words for it.
    pub(crate) fn config(&self) -> WalConfig {
        WalConfig {
            mode: self.wal_mode,
            dir: self.wal_dir.clone(),
            sync_interval_ms: self.wal_sync_interval_ms,
            flush_interval_ms: self.wal_flush_interval_ms,
            stores: self.wal_store.clone(),
        }
    }
}

/// When the log becomes segments.
#[derive(Args, Clone, Debug)]
pub(crate) struct FoldingArgs {
    /// Fold once the buffer holds this many bytes
    #[arg(long, env = "TIDEWELL_FOLD_BYTES_MAX", value_name = "SIZE")]
    #[arg(default_value_t = ByteSize(EngineConfig::default().fold.bytes_max))]
    pub(crate) fold_bytes_max: ByteSize,

    /// Fold once the buffer holds this many rows
    #[arg(long, env = "TIDEWELL_FOLD_ROWS_MAX", value_name = "ROWS", value_parser = value_parser!(u64).range(1..))]
    #[arg(default_value_t = EngineConfig::default().fold.rows_max)]
    pub(crate) fold_rows_max: u64,

    /// Fold at least this often while there is anything to fold, in milliseconds
    #[arg(long, env = "TIDEWELL_FOLD_INTERVAL_MS", value_name = "MS", value_parser = value_parser!(u64).range(1..))]
    #[arg(default_value_t = EngineConfig::default().fold.interval_ms)]
    pub(crate) fold_interval_ms: u64,
}

impl FoldingArgs {
    /// The engine's words for it.
    pub(crate) fn config(&self) -> FoldConfig {
        FoldConfig {
            bytes_max: self.fold_bytes_max.0,
            rows_max: self.fold_rows_max,
            interval_ms: self.fold_interval_ms,
        }
    }
}

/// What requests cost, and what they may cost.
#[derive(Args, Clone, Debug)]
pub(crate) struct CostArgs {
    /// Dollars that this process's requests may cost a month: sets how long writes wait for company in one log object
    #[arg(long, env = "TIDEWELL_MAX_MONTHLY_REQUEST_COST", value_name = "USD", value_parser = dollars)]
    pub(crate) max_monthly_request_cost: Option<f64>,

    /// The longest that the budget makes a write wait
    #[arg(long, env = "TIDEWELL_WAL_INTERVAL_MAX", value_name = "SPAN", default_value = "60s")]
    #[arg(value_parser = humantime::parse_duration)]
    pub(crate) wal_interval_max: Duration,

    /// Prices: s3-standard, s3-express or none, then what differs, like `s3-standard,write=0.0054,storage=0.024`
    #[arg(long, env = "TIDEWELL_PRICES", value_name = "PRICES", default_value = "s3-standard")]
    pub(crate) prices: Prices,
}

impl CostArgs {
    /// The engine's word for it; [`dollars`] has looked at the amount.
    pub(crate) fn budget(&self) -> Option<Budget> {
        self.max_monthly_request_cost.and_then(|usd| Budget::new(usd, self.wal_interval_max).ok())
    }
}

fn dollars(text: &str) -> Result<f64, String> {
    let usd: f64 = text.trim_start_matches('$').parse().map_err(|_| "give dollars, like 5 or 2.50".to_owned())?;
    Budget::new(usd, Duration::ZERO).map(|_| usd).map_err(|error| error.to_string())
}

/// How much the engine may use.
#[derive(Args, Clone, Debug)]
pub(crate) struct LimitArgs {
    /// Memory for rows that are not yet folded; beyond it writes get 503 and Retry-After
    #[arg(long, env = "TIDEWELL_BUFFER_BYTES_MAX", value_name = "SIZE")]
    #[arg(default_value_t = ByteSize(EngineConfig::default().limits.buffer_bytes_max))]
    pub(crate) buffer_bytes_max: ByteSize,

    /// Memory for caches
    #[arg(long, env = "TIDEWELL_CACHE_BYTES_MAX", value_name = "SIZE")]
    #[arg(default_value_t = ByteSize(EngineConfig::default().limits.cache_bytes_max))]
    pub(crate) cache_bytes_max: ByteSize,

    /// Memory for queries
    #[arg(long, env = "TIDEWELL_QUERY_MEMORY_BYTES_MAX", value_name = "SIZE")]
    #[arg(default_value_t = ByteSize(EngineConfig::default().limits.query_memory_bytes_max))]
    pub(crate) query_memory_bytes_max: ByteSize,

    /// How long a query may take, in milliseconds
    #[arg(long, env = "TIDEWELL_QUERY_TIMEOUT_MS", value_name = "MS", value_parser = value_parser!(u64).range(1..))]
    #[arg(default_value_t = EngineConfig::default().limits.query_timeout_ms)]
    pub(crate) query_timeout_ms: u64,
}

/// What a server does for its databases on its own.
#[derive(Args, Clone, Debug)]
pub(crate) struct MaintainArgs {
    /// Time between two rounds of rollup, compact, tier, expire and gc, in milliseconds; 0 leaves them to others
    #[arg(long, env = "TIDEWELL_MAINTAIN_INTERVAL_MS", value_name = "MS")]
    #[arg(default_value_t = EngineConfig::default().maintain.interval_ms)]
    pub(crate) maintain_interval_ms: u64,

    /// Age from which on segments move to the cold tier; 0s never
    #[arg(long, env = "TIDEWELL_COLD_AFTER", value_name = "SPAN", default_value = "7d")]
    #[arg(value_parser = humantime::parse_duration)]
    pub(crate) cold_after: Duration,

    /// Time that readers of an older version are given before its segments are deleted
    #[arg(long, env = "TIDEWELL_GC_GRACE", value_name = "SPAN", default_value = "1h")]
    #[arg(value_parser = humantime::parse_duration)]
    pub(crate) gc_grace: Duration,
}

impl MaintainArgs {
    /// The engine's words for it.
    pub(crate) fn config(&self) -> MaintainConfig {
        let ms = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        MaintainConfig {
            interval_ms: self.maintain_interval_ms,
            cold_after_ms: ms(self.cold_after),
            reader_grace_ms: ms(self.gc_grace),
        }
    }
}

impl LimitArgs {
    /// The engine's words for it.
    pub(crate) fn config(&self) -> Limits {
        Limits {
            buffer_bytes_max: self.buffer_bytes_max.0,
            cache_bytes_max: self.cache_bytes_max.0,
            query_memory_bytes_max: self.query_memory_bytes_max.0,
            query_timeout_ms: self.query_timeout_ms,
            ..EngineConfig::default().limits
        }
    }
}

/// Milliseconds, or a span with its unit.
pub(crate) fn interval_ms(text: &str) -> Result<u64, String> {
    let ms = match text.parse() {
        Ok(ms) => Some(ms),
        Err(_) => humantime::parse_duration(text).ok().and_then(|span| u64::try_from(span.as_millis()).ok()),
    };
    ms.filter(|ms| *ms > 0).ok_or_else(|| "give milliseconds above 0, or a span like 250ms or 2s".to_owned())
}

/// Reads an [`AckLevel`], known to help texts and completions.
pub(crate) fn ack_level() -> impl TypedValueParser<Value = AckLevel> {
    const NAMES: [&str; 6] = ["none", "os-default", "periodic", "every-write", "object", "quorum"];
    let values = NAMES.map(|name| PossibleValue::new(name).alias(name.replace('-', "_")));
    PossibleValuesParser::new(values).try_map(|name| name.parse::<AckLevel>())
}
