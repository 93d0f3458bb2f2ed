//! Whom a client command talks to: a server over HTTP, or a store without a server.

use std::path::PathBuf;

use clap::Args;
use tidewell_engine::{AckLevel, Engine, EngineConfig, StoreUrl, WalConfig};
use tidewell_env::Env;

use crate::failure::Failure;
use crate::server_client::ServerClient;

/// Which server or store.
#[derive(Args, Clone, Debug)]
pub(crate) struct TargetArgs {
    /// The server
    #[arg(long, env = "TIDEWELL_HOST", value_name = "URL", default_value = "http://localhost:8086")]
    pub(crate) host: String,

    /// Token for the server; INFLUX_TOKEN is heard too
    #[arg(long, env = "TIDEWELL_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub(crate) token: Option<String>,

    /// Open this store directly, without a server (a folder, file:///folder, s3://bucket/prefix)
    #[arg(id = "direct_store", long = "store", value_name = "STORE")]
    pub(crate) store: Option<StoreUrl>,

    /// With --store: folder of the local write-ahead log
    #[arg(long, env = "TIDEWELL_WAL_DIR", value_name = "FOLDER", default_value = "./data/wal")]
    pub(crate) wal_dir: PathBuf,
}

/// An open target.
#[derive(Debug)]
pub(crate) enum Target {
    /// A server; not yet spoken to.
    Server(ServerClient),
    /// An engine of our own, without background work.
    Store(Engine),
}

impl TargetArgs {
    /// Opens the store, or gets ready to talk to the server. `mode` is the log's, `None` for what suits the store.
    ///
    /// # Errors
    /// [`Failure`] when the store cannot be opened or the host is no URL.
    pub(crate) async fn open(&self, mode: Option<AckLevel>, env: Env) -> Result<Target, Failure> {
        let Some(store) = &self.store else {
            let token = self.token.clone().or_else(|| std::env::var("INFLUX_TOKEN").ok());
            return Ok(Target::Server(ServerClient::new(&self.host, token.filter(|token| !token.is_empty()))?));
        };
        let default = EngineConfig::default();
        let wal = WalConfig { mode, dir: self.wal_dir.clone(), ..default.wal };
        let config = EngineConfig { store: store.clone(), wal, background: false, ..default };
        Ok(Target::Store(Engine::open(config, env).await?))
    }
}
