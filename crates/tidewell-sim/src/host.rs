//! What one incarnation of a process holds: the product's own parts, put together as its engine does.

use std::sync::Arc;
use std::time::Duration;

use tidewell_buffer::Buffer;
use tidewell_env::Env;
use tidewell_ingest::{AdmitLimits, Ingest, IngestConfig};
use tidewell_maintain::{Folder, LocalFold};
use tidewell_manifest::{CommitError, Manifest};
use tidewell_storage::Store;
use tidewell_wal::{AckLevel, LogStores};

use crate::attach::attach;
use crate::process::Process;
use crate::verdict::Explain as _;
use crate::world::database;

/// What the log's tail and the buffer may take, in bytes: more than any run writes.
const TAIL_BYTES_MAX: u64 = 1 << 30;
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// The parts of a running process.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) process: Arc<Process>,
    pub(crate) incarnation: u32,
    pub(crate) env: Env,
    pub(crate) store: Store,
    pub(crate) log: LogStores,
    pub(crate) manifest: Manifest,
    pub(crate) buffer: Arc<Buffer>,
    pub(crate) folder: Folder,
    /// The write path and its level, where the process takes writes.
    pub(crate) ingest: Option<(Ingest, AckLevel)>,
    pub(crate) local: Option<LocalFold>,
}

impl Host {
    /// Starts, again and again until the store lets it.
    pub(crate) async fn boot(process: &Arc<Process>, incarnation: u32, env: Env, store: Store) -> Self {
        loop {
            match Self::try_boot(process, incarnation, &env, &store).await {
                Ok(host) => return host,
                Err(error) => {
                    error.explain(process, "start");
                    env.sleep(RETRY_PAUSE).await;
                }
            }
        }
    }

    async fn try_boot(process: &Arc<Process>, incarnation: u32, env: &Env, store: &Store) -> Result<Self, CommitError> {
        let manifest = Manifest::open(store.clone(), env.clone(), database()).await?;
        let buffer = Arc::new(Buffer::new());
        let level = process.role.level;
        let local = match level.is_some_and(AckLevel::is_local) {
            true => Some(attach(process, &manifest, &buffer, env).await?),
            false => None,
        };
        let logs = LogStores::single(store.clone());
        let ingest = level.map(|level| {
            let config = IngestConfig {
                level,
                limits: AdmitLimits { columns_max: 100, tags_max: 20 },
                object_interval: Duration::from_millis(100),
                buffer_bytes_max: 1 << 30,
            };
            let log = local.as_ref().map(|local| Arc::clone(&local.log));
            (Ingest::start(config, manifest.clone(), logs.clone(), Arc::clone(&buffer), log, env.clone()), level)
        });
        let folder = Folder::new(
            logs.clone(),
            env.clone(),
            manifest.clone(),
            Arc::clone(&buffer),
            local.clone(),
            TAIL_BYTES_MAX,
        );
        let (process, env, store) = (Arc::clone(process), env.clone(), store.clone());
        Ok(Self { process, incarnation, env, store, log: logs, manifest, buffer, folder, ingest, local })
    }

    /// The most that its tail may be, in bytes.
    pub(crate) fn tail_bytes_max(&self) -> u64 {
        TAIL_BYTES_MAX
    }

    /// Whether the run is still in its storm.
    pub(crate) fn is_storm(&self) -> bool {
        self.process.world.is_storm()
    }

    /// Compares what it believes with the history.
    pub(crate) fn check_state(&self) {
        self.process.world.check_state(self.process.name(), &self.manifest.state());
    }
}
