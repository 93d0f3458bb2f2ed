//! What one incarnation of a process holds: the product's own parts, put together as its engine does.

use std::sync::Arc;
use std::time::Duration;

use tidewell_buffer::Buffer;
use tidewell_cost::Cadence;
use tidewell_env::Env;
use tidewell_ingest::{AdmitLimits, Ingest, IngestConfig};
use tidewell_maintain::{Folder, LocalFold, MaintainError, SealOptions, Sealer};
use tidewell_manifest::{CommitError, Manifest, ManifestError, inspect};
use tidewell_storage::Store;
use tidewell_types::{GenerationState, WriterId};
use tidewell_wal::{AckLevel, LogStores, tail};

use crate::actors::Actor;
use crate::attach::attach;
use crate::oracle::Who;
use crate::process::Process;
use crate::race::Race;
use crate::verdict::Explain as _;
use crate::world::{World, database};

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
    pub(crate) folder: Arc<Folder>,
    pub(crate) sealer: Sealer,
    pub(crate) writer: WriterId,
    /// The write path and its level, where the process takes writes.
    pub(crate) ingest: Option<(Ingest, AckLevel)>,
    pub(crate) local: Option<LocalFold>,
}

impl Host {
    /// Starts, again and again until the store lets it.
    pub(crate) async fn boot(process: &Arc<Process>, incarnation: u32, env: Env, log: LogStores) -> Self {
        loop {
            match Self::try_boot(process, incarnation, &env, &log).await {
                Ok(host) => return host,
                Err(error) => {
                    error.explain(process, "start");
                    env.sleep(RETRY_PAUSE).await;
                }
            }
        }
    }

    async fn try_boot(
        process: &Arc<Process>,
        incarnation: u32,
        env: &Env,
        log: &LogStores,
    ) -> Result<Self, CommitError> {
        let store = log.main().clone();
        let upkeep = &process.world.plan.upkeep;
        let manifest = open(&process.world, store.clone(), env.clone()).await?;
        let buffer = Arc::new(Buffer::new());
        let level = process.role.level;
        let local = match level.is_some_and(AckLevel::is_local) {
            true => Some(attach(process, &manifest, &buffer, env).await?),
            false => None,
        };
        let ingest = level.map(|level| {
            let config = IngestConfig {
                level,
                limits: AdmitLimits { columns_max: 100, tags_max: 20 },
                cadence: Cadence::fixed(Duration::from_millis(100)),
                ledger: None,
                buffer_bytes_max: 1 << 30,
            };
            let frames = local.as_ref().map(|local| Arc::clone(&local.log));
            let buffer = Arc::clone(&buffer);
            (Ingest::start(config, manifest.clone(), log.clone(), buffer, frames, env.clone()), level)
        });
        let folder = Arc::new(Folder::new(
            log.clone(),
            env.clone(),
            manifest.clone(),
            Arc::clone(&buffer),
            local.clone(),
            TAIL_BYTES_MAX,
        ));
        let (generation_ms, seal_after_ms) = (upkeep.generation_ms, upkeep.seal_after_ms);
        let options = SealOptions { generation_ms, seal_after_ms, ..SealOptions::default() };
        Ok(Self {
            process: Arc::clone(process),
            incarnation,
            env: env.clone(),
            store,
            log: log.clone(),
            sealer: Sealer::new(env.clone(), manifest.clone(), Arc::clone(&folder), options),
            writer: env.writer_id(),
            manifest,
            buffer,
            folder,
            ingest,
            local,
        })
    }

    pub(crate) fn name(&self) -> &str {
        self.process.name()
    }

    pub(crate) fn world(&self) -> &Arc<World> {
        &self.process.world
    }

    /// This incarnation.
    pub(crate) fn who(&self) -> Who {
        Who { process: self.name().to_owned(), incarnation: self.incarnation }
    }

    /// The tail of the log, and where it goes.
    pub(crate) fn tail(&self) -> tail::Tail<'_> {
        tail::Tail {
            log: &self.log,
            layout: self.manifest.layout(),
            buffer: &self.buffer,
            env: &self.env,
            bytes_max: TAIL_BYTES_MAX,
        }
    }

    /// Whether it folds, and so lets go of what is folded.
    pub(crate) fn folds(&self) -> bool {
        self.process.role.actors.contains(&Actor::Folder)
    }

    /// Whether a generation is being sealed, as far as it knows.
    pub(crate) fn is_sealing(&self) -> bool {
        self.manifest.state().generations.values().any(|entry| entry.state == GenerationState::Sealing)
    }

    /// Finishes what somebody left half sealed.
    pub(crate) async fn finish_sealing(&self) -> Result<(), MaintainError> {
        if !self.sealer.finish_all().await?.is_empty() {
            self.world().reach(Race::SealFinishedByOther);
        }
        Ok(())
    }

    /// Whether the run is still in its storm.
    pub(crate) fn is_storm(&self) -> bool {
        self.world().is_storm()
    }

    /// Compares what it believes with the history.
    pub(crate) fn check_state(&self) {
        self.world().check_state(self.name(), &self.manifest.state());
    }
}

/// Opens the committed view, as the run's processes do.
pub(crate) async fn open(world: &World, store: Store, env: Env) -> Result<Manifest, ManifestError> {
    match world.plan.upkeep.lists {
        Some(lists) => inspect::open_with_lists(lists, store, env, database()).await,
        None => Manifest::open(store, env, database()).await,
    }
}
