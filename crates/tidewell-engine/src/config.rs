//! What an engine is told when it opens.

use std::path::PathBuf;

use tidewell_cost::{Budget, Prices};
use tidewell_storage::StoreUrl;
use tidewell_wal::AckLevel;

/// How an engine behaves; the default is the embedded one: a local folder, no service.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Where the data is.
    pub store: StoreUrl,
    /// How writes are logged.
    pub wal: WalConfig,
    /// When the log is folded.
    pub fold: FoldConfig,
    /// What a server does for its databases on its own.
    pub maintain: MaintainConfig,
    /// What it may take.
    pub limits: Limits,
    /// What requests cost.
    pub prices: Prices,
    /// What this process's log may cost a month: it sets how long writes wait for company in one object. `None`: they wait for
    /// [`WalConfig::flush_interval_ms`] whatever that comes to.
    pub request_budget: Option<Budget>,
    /// Whether it folds and fsyncs on its own, as a server does. Otherwise it does what it is called for, and queries read
    /// the local log without taking it.
    pub background: bool,
}

impl EngineConfig {
    /// The level of writes that ask for none: as configured, else `object` for a bucket, `periodic` for a disk and `none` for a
    /// store in memory.
    #[must_use]
    pub fn level(&self) -> AckLevel {
        self.wal.mode.unwrap_or(match self.store {
            StoreUrl::S3 { .. } => AckLevel::Object,
            StoreUrl::Folder(_) => AckLevel::Periodic,
            StoreUrl::Memory => AckLevel::None,
        })
    }

    /// The size at which a buffer is folded: before it is so full that writes are refused.
    pub(crate) fn fold_bytes_max(&self) -> u64 {
        self.fold.bytes_max.min(self.limits.buffer_bytes_max / 2)
    }
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            store: StoreUrl::Folder(PathBuf::from("./data/store")),
            wal: WalConfig::default(),
            fold: FoldConfig::default(),
            maintain: MaintainConfig::default(),
            limits: Limits::default(),
            prices: Prices::default(),
            request_budget: None,
            background: true,
        }
    }
}

/// How writes are logged.
#[derive(Clone, Debug)]
pub struct WalConfig {
    /// The level of writes that ask for none; see [`AckLevel`] for what each can lose. `None`: `object` for a bucket,
    /// `periodic` for a disk.
    pub mode: Option<AckLevel>,
    /// The folder of the local log, used by `os-default`, `periodic` and `every-write`.
    pub dir: PathBuf,
    /// The time between two fsyncs in `periodic` mode: what a power loss can cost. An fsync keeps the disk busy for
    /// milliseconds.
    pub sync_interval_ms: u64,
    /// The shortest time between two log objects of this process in `object` mode. A lone write does not wait for it. Each
    /// object costs a PUT and two GETs: 250 ms under constant load is about $60 a month at S3 list prices, 1 s $15.
    pub flush_interval_ms: u64,
    /// The stores that hold the log in `quorum` mode, at least three: a write is acknowledged once most of them have it.
    pub stores: Vec<StoreUrl>,
}

impl Default for WalConfig {
    fn default() -> Self {
        Self {
            mode: None,
            dir: PathBuf::from("./data/wal"),
            sync_interval_ms: 100,
            flush_interval_ms: 250,
            stores: Vec::new(),
        }
    }
}

/// When the log of a database becomes segments; whichever comes first.
#[derive(Clone, Debug)]
pub struct FoldConfig {
    /// Recent rows in memory, in bytes.
    pub bytes_max: u64,
    /// Recent rows.
    pub rows_max: u64,
    /// Age of the oldest recent row. Shorter makes more and smaller segments, longer a longer replay after a crash.
    pub interval_ms: u64,
}

impl Default for FoldConfig {
    fn default() -> Self {
        Self { bytes_max: 64 << 20, rows_max: 1_000_000, interval_ms: 60_000 }
    }
}

/// What a server does for its databases on its own: compact, tier, expire and collect.
#[derive(Clone, Debug)]
pub struct MaintainConfig {
    /// The time between two rounds, in milliseconds; 0 leaves it to others. A round over a database that has not changed
    /// makes no request.
    pub interval_ms: u64,
    /// The age of a segment's newest row from which on it moves to the cold tier, in milliseconds; 0 never.
    pub cold_after_ms: u64,
    /// The time that readers of an older version are given before its segments are deleted, in milliseconds.
    pub reader_grace_ms: u64,
}

impl Default for MaintainConfig {
    fn default() -> Self {
        Self { interval_ms: 600_000, cold_after_ms: 7 * 24 * 3_600_000, reader_grace_ms: 3_600_000 }
    }
}

/// What an engine may take; beyond it requests are refused with a clear answer.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Recent rows of one database in memory, in bytes; beyond it writes are told to come back in a second.
    pub buffer_bytes_max: u64,
    /// Cached segments, footers and ranges, in bytes.
    pub cache_bytes_max: u64,
    /// Memory of one query, in bytes.
    pub query_memory_bytes_max: u64,
    /// Time of one query.
    pub query_timeout_ms: u64,
    /// Queries at once; more wait for their turn.
    pub queries_max: usize,
    /// Columns of a table, time included.
    pub columns_max: usize,
    /// Tags of a table.
    pub tags_max: usize,
    /// Databases of a store that are open at once.
    pub databases_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            buffer_bytes_max: 256 << 20,
            cache_bytes_max: 256 << 20,
            query_memory_bytes_max: 512 << 20,
            query_timeout_ms: 60_000,
            queries_max: 8,
            columns_max: 1000,
            tags_max: 250,
            databases_max: 1000,
        }
    }
}
